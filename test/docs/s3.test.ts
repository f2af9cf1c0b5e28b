import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test, vi } from 'vitest';

import type { PresignedPost } from '@sigv4/signer';
import { verifySignature, type Verdict } from '@sigv4/testing';

import { runProgram, runTest } from './programs.ts';

const PAGE = 'docs/s3.md';
const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
const BUCKET = 'https://my-uploads.s3.eu-west-1.amazonaws.com';

function judge(request: Request, later = 0): Promise<Verdict> {
  return verifySignature(request, {
    keys: (id) => (id === KEY.accessKeyId ? KEY : undefined),
    service: 's3',
    region: 'eu-west-1',
    now: () => Date.now() + later,
  });
}

/** The verdicts on what a program sends. */
function standInForS3(): () => Promise<Verdict[]> {
  const verdicts: Promise<Verdict>[] = [];
  vi.stubEnv('AWS_ACCESS_KEY_ID', KEY.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', KEY.sessionToken);
  vi.stubGlobal('fetch', async (input: string, init: RequestInit) => {
    // What fetch sets by itself when it sends.
    const verdict = judge(new Request(input, { ...init, duplex: 'half' } as RequestInit));
    verdicts.push(verdict);
    return new Response(null, { status: (await verdict).ok ? 200 : 403 });
  });
  return () => Promise.all(verdicts);
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('links.ts', () => {
  interface Links {
    downloadLink: (key: string, fileName: string) => Promise<string>;
    uploadLink: (key: string) => Promise<string>;
  }

  test('a link downloads its object for ten minutes', async () => {
    standInForS3();
    const { downloadLink } = await runProgram<Links>(PAGE, 'links.ts');
    const link = await downloadLink('reports/Zoë & co.pdf', 'report.pdf');
    expect(await judge(new Request(link))).toMatchObject({ ok: true });
    expect(await judge(new Request(link), 590_000)).toMatchObject({ ok: true });
    expect(await judge(new Request(link), 610_000)).toMatchObject({ ok: false });
    expect(await judge(new Request(link, { method: 'DELETE' }))).toMatchObject({ ok: false });
    expect(new URL(link).searchParams.get('response-content-disposition')).toBe(
      'attachment; filename="report.pdf"',
    );
  });

  test('a link uploads a JPEG, and nothing that says it is something else', async () => {
    standInForS3();
    const { uploadLink } = await runProgram<Links>(PAGE, 'links.ts');
    const link = await uploadLink('cat.jpg');
    const put = (type: string) =>
      judge(new Request(link, { method: 'PUT', headers: { 'content-type': type }, body: 'cat' }));
    expect(await put('image/jpeg')).toMatchObject({ ok: true });
    expect(await put('text/html')).toMatchObject({ ok: false });
  });
});

describe('upload-form.ts', () => {
  interface Form {
    photoForm: (user: string) => Promise<PresignedPost>;
    html: (post: PresignedPost) => string;
  }
  interface Page {
    upload: (post: PresignedPost, file: File) => Promise<void>;
  }
  const photo = (size: number) => new File([new Uint8Array(size)], 'cat.jpg');

  test('a page uploads a photo with it, and nothing that is too large', async () => {
    const verdicts = standInForS3();
    const { photoForm } = await runProgram<Form>(PAGE, 'upload-form.ts');
    const post = await photoForm('zoe');
    const { upload } = await runProgram<Page>(PAGE, 'upload-page.ts');
    await upload(post, photo(1000));
    await expect(upload(post, photo(5_000_001))).rejects.toThrow('S3 answered 403');
    expect(await verdicts()).toMatchObject([{ ok: true }, { ok: false }]);
  });

  test('the form as HTML has every field before the file', async () => {
    standInForS3();
    const { photoForm, html } = await runProgram<Form>(PAGE, 'upload-form.ts');
    const post = await photoForm('zoe');
    const names = [...html(post).matchAll(/ name="([^"]+)"/g)].map(([, name]) => name);
    expect(names).toEqual([...Object.keys(post.fields), 'file']);
  });
});

describe.each(['large-upload.ts', 'unsigned-upload.ts'])('%s', (program) => {
  test('uploads a file', async () => {
    const verdicts = standInForS3();
    const folder = mkdtempSync(join(tmpdir(), 's3-'));
    const file = join(folder, 'large.bin');
    writeFileSync(file, new Uint8Array(300_000));
    const { upload } = await runProgram<{ upload: (file: string, url: string) => Promise<void> }>(
      PAGE,
      program,
    );
    await upload(file, `${BUCKET}/large.bin`);
    expect(await verdicts()).toMatchObject([{ ok: true }]);
    rmSync(folder, { recursive: true });
  });
});

describe('links.test.ts', async () => {
  await runTest(PAGE, 'links.test.ts');
});
