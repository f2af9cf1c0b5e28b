import { describe, expect, test } from 'vitest';

import { presignPost } from '@sigv4/signer';

import { CALLER, policy } from '../world.ts';
import { OBJECTS, start, send, answerOf, type Answer, type Aws } from './bucket-calls.ts';

describe('CORS', () => {
  const cors = [
    {
      AllowedOrigins: ['https://*.example.com'],
      AllowedMethods: ['PUT', 'GET'],
      AllowedHeaders: ['content-*', 'X-Amz-Date'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 300,
    },
    { AllowedOrigins: ['*'], AllowedMethods: ['HEAD'] },
  ];

  test.each<[string, string | undefined, string, number, string | null]>([
    ['https://app.example.com', 'content-type,x-amz-date', 'PUT', 200, 'https://app.example.com'],
    ['https://app.example.com', 'x-amz-acl', 'PUT', 403, null],
    ['https://example.org', undefined, 'PUT', 403, null],
    ['https://app.example.com', undefined, 'DELETE', 403, null],
    ['https://example.org', undefined, 'HEAD', 200, '*'],
  ])('%s asks for %s, %s: %i', async (origin, asked, method, status, allowed) => {
    await using aws = await start({ cors });
    const answer = await answerOf(
      await fetch(`${aws.buckets.photos.url}/a`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': method,
          ...(asked !== undefined && { 'access-control-request-headers': asked }),
        },
      }),
    );
    expect([answer.status, answer.code]).toEqual([
      status,
      status === 403 ? 'AccessForbidden' : undefined,
    ]);
    const headers = ['origin', 'headers', 'credentials'].map((name) =>
      answer.headers.get(`access-control-allow-${name}`),
    );
    const isForThatOrigin = allowed === origin;
    expect(headers).toEqual([
      allowed,
      isForThatOrigin ? 'content-type, x-amz-date' : null,
      isForThatOrigin ? 'true' : null,
    ]);
    expect(answer.headers.get('access-control-max-age')).toBe(isForThatOrigin ? '300' : null);
  });

  test('answers have its headers, errors too, and none without a rule', async () => {
    await using aws = await start({ cors, objects: OBJECTS });
    for (const [path, origin, allowed] of [
      ['/a.txt', 'https://app.example.com', 'https://app.example.com'],
      ['/none', 'https://app.example.com', 'https://app.example.com'],
      ['/a.txt', 'https://example.org', null],
    ] as const) {
      const { headers } = await send(aws, path, { headers: { origin } });
      expect(headers.get('access-control-allow-origin')).toBe(allowed);
      expect(headers.get('access-control-expose-headers')).toBe(allowed && 'ETag');
    }
  });
});

describe('a form', () => {
  async function post(
    aws: Aws,
    more: Partial<Parameters<typeof presignPost>[0]> = {},
    file: readonly [content: string, name: string] = ['hello', 'C:\\pictures\\hat.png'],
    change: (form: FormData) => void = () => {},
  ): Promise<Answer> {
    const { fields } = await presignPost({
      url: aws.buckets.photos.url,
      region: aws.region,
      credentials: aws.credentialsOf(CALLER),
      key: 'up/${filename}',
      date: new Date(aws.clock.now()),
      ...more,
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([file[0]]), file[1]);
    change(form);
    const to = aws.buckets.photos.url;
    return answerOf(await fetch(to, { method: 'POST', body: form, redirect: 'manual' }));
  }

  test('is stored under the name of its file, with what its fields say', async () => {
    await using aws = await start();
    const fields = { 'Content-Type': 'image/png', 'x-amz-meta-by': 'shop' };
    const answer = await post(aws, { fields });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers.get('location')).toBe(`${aws.buckets.photos.url}/up/hat.png`);
    const object = aws.buckets.photos.objects.get('up/hat.png');
    expect(object?.headers).toEqual(fields);
    expect(Buffer.from(object?.body ?? []).toString()).toBe('hello');
    expect(aws.requests.at(-1)).toMatchObject({ action: 'PutObject', callerArn: CALLER });
  });

  test.each<[Record<string, string>, number, string]>([
    [{ success_action_status: '200' }, 200, ''],
    [{ success_action_status: '201' }, 201, '<Key>up/hat.png</Key>'],
    [{ success_action_status: '302' }, 204, ''],
    [{ success_action_redirect: 'no url' }, 204, ''],
  ])('answers as %j asks: %i', async (fields, status, text) => {
    await using aws = await start();
    const answer = await post(aws, { fields });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  test.each(['https://app.example.com/done', 'https://app.example.com/done?a=b'])(
    'leads to %s, which is told what was uploaded',
    async (to) => {
      await using aws = await start();
      const answer = await post(aws, { fields: { success_action_redirect: to } });
      const etag = aws.buckets.photos.objects.get('up/hat.png')?.etag ?? '';
      const told = new URLSearchParams({ bucket: 'photos', key: 'up/hat.png', etag });
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toBe(`${to}${to.includes('?') ? '&' : '?'}${told}`);
    },
  );

  test.each<
    [string, Partial<Parameters<typeof presignPost>[0]>, (form: FormData) => void, number, string]
  >([
    [
      'too large',
      { conditions: [['content-length-range', 1, 4]] },
      () => {},
      400,
      'EntityTooLarge',
    ],
    [
      'too small',
      { conditions: [['content-length-range', 6, 9]] },
      () => {},
      400,
      'EntityTooSmall',
    ],
    ['of another key', {}, (form) => form.set('key', 'other'), 403, 'AccessDenied'],
    [
      'with a field more',
      { key: 'a' },
      (form) => form.set('Content-Type', 'text/html'),
      403,
      'AccessDenied',
    ],
    ['of another bucket', { url: 'http://127.0.0.1:1/others' }, () => {}, 403, 'AccessDenied'],
    [
      'of another signature',
      {},
      (form) => form.set('X-Amz-Signature', '0'.repeat(64)),
      403,
      'SignatureDoesNotMatch',
    ],
    ['without a policy', {}, (form) => form.delete('Policy'), 403, 'SignatureDoesNotMatch'],
    ['without a file', {}, (form) => form.delete('file'), 400, 'MalformedPOSTRequest'],
  ])('%s is refused', async (_name, more, change, status, code) => {
    await using aws = await start();
    const toFront = (form: FormData): void => {
      change(form);
      // S3 reads nothing behind the file.
      const file = form.get('file');
      form.delete('file');
      if (file !== null) form.append('file', file);
    };
    const answer = await post(aws, more, undefined, toFront);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(aws.buckets.photos.objects.size).toBe(0);
  });

  test('is refused once it has expired, and if its signer may not put that key', async () => {
    await using aws = await start({
      policies: [
        policy({
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: 'arn:aws:s3:::photos/secret/*',
          Condition: { StringEquals: { 's3:authType': 'POST' } },
        }),
      ],
    });
    const date = new Date(aws.clock.now());
    expect((await post(aws, { date, expiresIn: 60 })).status).toBe(204);
    const denied = await post(aws, { date, key: 'secret/${filename}' });
    expect(denied.text).toContain('with an explicit deny in a resource-based policy');
    aws.clock.advance('61s');
    expect((await post(aws, { date, expiresIn: 60 })).text).toContain('Policy expired.');
  });
});
