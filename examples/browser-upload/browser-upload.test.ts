import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import {
  startLocalAws,
  type CorsRule,
  type LambdaHandler,
  type LocalAws,
  type PolicyDocument,
} from '@sigv4/testing';

const ACCOUNT = '111111111111';
const REGION = 'eu-west-1';
const BUCKET = `uploads-${ACCOUNT}-${REGION}`;

/** The very files that a reader copies. */
function read(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'policies', `${name}.json`), 'utf8'));
}

const POLICIES = {
  upload: read('1-upload-function-role-policy') as PolicyDocument,
  confirm: read('2-confirm-function-role-policy') as PolicyDocument,
  bucket: read('3-bucket-policy') as PolicyDocument,
};
const CORS = read('bucket-cors') as CorsRule[];

const LAMBDA: PolicyDocument = {
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
  },
};

type Aws = LocalAws<'uploads', typeof BUCKET>;

async function start({ upload = POLICIES.upload, cors = CORS, tlsPort = 0 } = {}): Promise<Aws> {
  const aws: Aws = await startLocalAws({
    region: REGION,
    tlsPort,
    accounts: {
      [ACCOUNT]: {
        roles: {
          upload: { trust: LAMBDA, policies: [upload] },
          confirm: { trust: LAMBDA, policies: [POLICIES.confirm] },
        },
      },
    },
    apis: {
      uploads: {
        account: ACCOUNT,
        id: 'abc123def4',
        routes: ['/', '/form', '/with-progress', '/confirm'].map((path) => ({
          method: 'GET',
          path,
          authorization: 'NONE',
          lambda: path === '/confirm' ? running('confirm') : running('upload'),
        })),
      },
    },
    buckets: {
      [BUCKET]: {
        account: ACCOUNT,
        policies: [POLICIES.bucket],
        cors,
      },
    },
  });
  /** Sets up what Lambda sets up, and loads the function at its first call. */
  function running(name: 'confirm' | 'upload'): LambdaHandler {
    let loaded: Promise<{ handler: LambdaHandler }> | undefined;
    return async (event, context, callback) => {
      const { accessKeyId, secretAccessKey, sessionToken } = (keys[name] ??= aws.credentialsOf(
        `arn:aws:iam::${ACCOUNT}:role/${name}`,
      ));
      vi.stubEnv('UPLOADS_BUCKET', BUCKET);
      vi.stubEnv('AWS_REGION', REGION);
      vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
      vi.stubEnv('AWS_SESSION_TOKEN', sessionToken);
      // On Lambda, each function is a process with modules and credentials of its own.
      if (loaded === undefined) vi.resetModules();
      loaded ??= import(`./src/${name}.ts`) as Promise<{ handler: LambdaHandler }>;
      return (await loaded).handler(event, context, callback);
    };
  }
  const keys: Partial<Record<string, ReturnType<Aws['credentialsOf']>>> = {};
  return aws;
}

const EXECUTABLE = process.env['CHROMIUM'] || '/usr/bin/chromium';

describe.skipIf(!existsSync(EXECUTABLE))('in Chromium', () => {
  const NAME = 'Überblick & <b>plan 100%.txt';
  /** Chromium saves no file with the characters that some systems do not take. */
  const SAVED_AS = NAME.replaceAll(/[<>]/g, '_');
  const LARGEST = 5_000_000;
  let aws: Aws;
  let browser: Browser;
  let page: Page;

  const folder = mkdtempSync(join(tmpdir(), 'browser-upload-'));
  let tlsPort: number;

  beforeAll(async () => {
    aws = await start();
    ({ tlsPort } = aws);
    browser = await chromium.launch({
      executablePath: EXECUTABLE,
      // In another locale, Chromium finds no file whose name is not ASCII.
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // The browser takes the local AWS for AWS.
        `--host-resolver-rules=MAP *.amazonaws.com 127.0.0.1:${tlsPort}`,
      ],
    });
  });
  beforeEach(async () => {
    page = await browser.newPage({ ignoreHTTPSErrors: true });
  });
  afterEach(async () => {
    await page.close();
    await restart();
  });
  afterAll(async () => {
    await browser.close();
    await aws.close();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  /** An AWS with other settings, where the browser looks for it. */
  async function restart(change: Parameters<typeof start>[0] = {}): Promise<void> {
    await aws.close();
    aws = await start({ ...change, tlsPort });
  }

  /** Chooses a file, and presses the button. */
  async function upload(content: string | Uint8Array): Promise<void> {
    const path = join(folder, NAME);
    writeFileSync(path, content);
    await page.setInputFiles('input[type=file]', path);
    await page.click('button');
  }

  /** What S3 says is a page of XML, which Chromium shows in a page of its own making. */
  async function shows(text: string): Promise<void> {
    await page.waitForSelector(`text=${text}`, { state: 'attached' });
  }

  async function download(): Promise<[name: string, content: string]> {
    const [downloaded] = await Promise.all([
      page.waitForEvent('download'),
      page.click('text=Download'),
    ]);
    return [downloaded.suggestedFilename(), readFileSync((await downloaded.path()) ?? '', 'utf8')];
  }

  /** With SCREENSHOTS set to a folder, keeps what the browser shows. */
  async function shoot(name: string): Promise<void> {
    const to = process.env['SCREENSHOTS'];
    if (to) await page.screenshot({ path: join(to, `${name}.png`) });
  }

  const storedKeys = (): string[] => [...aws.buckets[BUCKET].objects.keys()];
  const KEY = /^uploads\/[0-9a-f-]{36}\/Überblick & <b>plan 100%\.txt$/;

  test('a form uploads a file, lands on /confirm, and its link downloads the file', async () => {
    await page.goto(`${aws.apis.uploads.hostUrl}/`);
    await shoot('form');
    await upload('the plan');
    await page.waitForURL(/^https:\/\/abc123def4\..*\/prod\/confirm\?/);
    await shoot('confirm');
    expect(await page.textContent('body')).toContain(NAME);
    expect(await page.locator('b').count()).toBe(0);
    expect(await download()).toEqual([SAVED_AS, 'the plan']);
    expect(storedKeys()).toEqual([expect.stringMatching(KEY)]);
    const callers = aws.requests.map(({ action, callerArn }) => [action, callerArn?.split('/')[1]]);
    expect(callers.filter(([action]) => action)).toEqual([
      ['PutObject', 'upload'],
      ['GetObject', 'confirm'],
    ]);
  });

  test('the same with a progress bar', async () => {
    await page.goto(`${aws.apis.uploads.hostUrl}/with-progress`);
    // What the bar shows is seen before the page goes away.
    await page.evaluate(() => {
      const shown: string[] = [];
      const bar = document.querySelector('progress') as HTMLProgressElement;
      new MutationObserver(() => {
        shown.push(`${bar.hidden ? 'hidden' : 'shown'} ${bar.value <= bar.max}`);
        sessionStorage.setItem('shown', JSON.stringify(shown));
      }).observe(bar, { attributes: true });
    });
    await upload(Buffer.alloc(LARGEST - 1000, 'x'));
    await page.waitForURL(/\/prod\/confirm\?key=/);
    await shoot('confirm-after-progress');
    const shown = JSON.parse(
      (await page.evaluate(() => sessionStorage.getItem('shown'))) ?? '[]',
    ) as string[];
    expect(shown).toContain('shown true');
    expect(aws.requests.map(({ method }) => method)).toContain('OPTIONS');
    const [name, content] = await download();
    expect([name, content.length]).toEqual([SAVED_AS, LARGEST - 1000]);
  });

  test.each(['/', '/with-progress'])('%s: too large a file is refused', async (path) => {
    await page.goto(aws.apis.uploads.hostUrl + path);
    await upload(Buffer.alloc(LARGEST + 1));
    await shows('Your proposed upload exceeds the maximum allowed size');
    await shoot(`too-large${path.replace('/', '-')}`);
    expect(storedKeys()).toEqual([]);
  });

  test('a form that has expired is refused; the page with the bar asks for a new one', async () => {
    await page.goto(`${aws.apis.uploads.hostUrl}/`);
    aws.clock.advance('11m');
    await upload('the plan');
    await shows('Invalid according to Policy: Policy expired.');
    await shoot('expired');
    expect(storedKeys()).toEqual([]);

    aws.clock.set(Date.now());
    await page.goto(`${aws.apis.uploads.hostUrl}/with-progress`);
    await upload('the plan');
    await page.waitForURL(/\/prod\/confirm\?key=/);
    expect(storedKeys()).toEqual([expect.stringMatching(KEY)]);
  });

  test('without its CORS rules, S3 refuses the page with the bar, which says so', async () => {
    await restart({ cors: [] });
    await page.goto(`${aws.apis.uploads.hostUrl}/with-progress`);
    await upload('the plan');
    await shows('its CORS rules refuse this page');
    await shoot('no-cors');
    expect(storedKeys()).toEqual([]);
  });

  test('without its policy, the function makes forms that S3 refuses', async () => {
    await restart({ upload: { Version: '2012-10-17', Statement: [] } });
    await page.goto(`${aws.apis.uploads.hostUrl}/`);
    await upload('the plan');
    await shows('is not authorized to perform: s3:PutObject');
    expect(storedKeys()).toEqual([]);
  });
});

/** Calls the API by Node, as somebody who has no browser. */
async function get(aws: Aws, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(aws.apis.uploads.url + path);
  return { status: response.status, text: await response.text() };
}

test.each([
  '',
  'uploads/',
  'other/0b0c7a35-6f4e-4b0f-9d4f-0b0c7a356f4e/a.txt',
  'uploads/0b0c7a35-6f4e-4b0f-9d4f-0b0c7a356f4e/..',
  'uploads/0b0c7a35-6f4e-4b0f-9d4f-0b0c7a356f4e/../../a.txt',
  'uploads/0b0c7a35-6f4e-4b0f-9d4f-0b0c7a356f4e/',
])('/confirm signs no link to %j', async (key) => {
  await using aws = await start();
  const { status, text } = await get(aws, `/confirm?${new URLSearchParams({ key })}`);
  expect(status).toBe(400);
  expect(text).not.toContain('X-Amz-Signature');
});
