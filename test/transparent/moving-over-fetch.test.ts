import { createSignedFetcher } from 'aws-sigv4-fetch';
import { signRequest } from 'aws-sigv4-sign';
import { AwsClient } from 'aws4fetch';
import ky from 'ky';
import { describe, expect, test, vi } from 'vitest';

import { createRequestSigner, createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import { createSigner } from '@sigv4/signer';
import { verifySignature, type RawRequest } from '@sigv4/testing';

import { CREDENTIALS, header, judge, REGION, sha256, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';
import { rowsOf } from './page-tables.ts';

const server = sharedRawServer();
const SIGNING = { credentials: CREDENTIALS, service: 'execute-api', region: REGION };
const url = (): string => `${server.origin}/a%20b?c=d%20e&f`;
const POST = { method: 'POST', body: 'abc' };

type Send = () => Promise<unknown>;

/** Sends before and after, and gives both requests. AWS takes both, for the same thing. */
async function sameWith(before: Send, after: Send, service?: string): Promise<RawRequest[]> {
  await before();
  await after();
  expect(server.requests).toHaveLength(2);
  const requests = server.requests.splice(0);
  expect(requests.map((request) => verdictOf(request, service).ok)).toEqual([true, true]);
  const [was, is] = requests.map((request) => {
    const { method, type, body } = judge(request);
    const path = decodeURIComponent(request.target.replace(/\?.*/, ''));
    return { method, type, body, path, query: withoutSignature(request.target) };
  });
  expect(is).toEqual(was);
  return requests;
}

function withoutSignature(target: string): string[][] {
  const { searchParams } = new URL(target, 'http://host');
  return [...searchParams].filter(([name]) => !name.startsWith('X-Amz-'));
}

function keyOf(request: RawRequest | undefined): string | undefined {
  return /Credential=([^/]+)/.exec(header(request, 'authorization') ?? '')?.[1];
}

function signedOf(request: RawRequest | undefined): string[] {
  const signed = /SignedHeaders=([^,]+)/.exec(header(request, 'authorization') ?? '')?.[1];
  return signed?.split(';') ?? [];
}

/** In place of the network, for hosts of AWS: which service and region the signature names. */
function scopeOf(answer: (scope: string) => void): typeof fetch {
  return async (input, init) => {
    const { headers } = new Request(input, init);
    const [, scope = ''] = /Credential=[^/]+\/\d+\/([^,]+)\/aws4_request/.exec(
      headers.get('authorization') ?? '',
    ) ?? ['', ''];
    answer(scope);
    return new Response('ok');
  };
}

const FROM_AWS_SIGV4_FETCH: Record<string, Send> = {
  '`service`, required': async () => {
    const scopes: string[] = [];
    const send = scopeOf((scope) => scopes.push(scope));
    const host = 'https://x.lambda-url.eu-west-1.on.aws/';
    const common = { credentials: CREDENTIALS, fetch: send };
    await createSignedFetcher({ ...common, service: 'lambda', region: REGION })(host);
    await createSignedFetch(common)(host);
    expect(scopes).toEqual(['eu-west-1/lambda', 'eu-west-1/lambda']);
  },
  '`region`, default `us-east-1`': async () => {
    const scopes: string[] = [];
    const send = scopeOf((scope) => scopes.push(scope));
    const host = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod';
    const common = { credentials: CREDENTIALS, fetch: send };
    await createSignedFetcher({ ...common, service: 'execute-api' })(host);
    await createSignedFetch(common)(host);
    expect(scopes).toEqual(['us-east-1/execute-api', 'eu-west-1/execute-api']);
    const own = 'https://api.example.com/';
    await expect(
      createSignedFetch({ ...common, service: 'execute-api' })(own),
    ).rejects.toMatchObject({ code: 'ERR_SIGV4_REGION' });
  },
  '`credentials`, an object or a provider': async () => {
    for (const credentials of [CREDENTIALS, async () => CREDENTIALS]) {
      const options = { ...SIGNING, credentials };
      await sameWith(
        () => createSignedFetcher(options)(url(), POST),
        () => createSignedFetch(options)(url(), POST),
      );
    }
  },
  '`fetch`': async () => {
    const send = vi.fn<typeof fetch>((input, init) => fetch(input, init));
    const options = { ...SIGNING, fetch: send };
    await sameWith(
      () => createSignedFetcher(options)(url()),
      () => createSignedFetch(options)(url()),
    );
    expect(send).toHaveBeenCalledTimes(2);
  },
  'every header is signed': async () => {
    const headers = { 'x-own': 'mine', accept: 'text/x' };
    const [was, is] = await sameWith(
      () => createSignedFetcher(SIGNING)(url(), { headers }),
      () => createSignedFetch({ ...SIGNING, signHeaders: ['x-own'] })(url(), { headers }),
    );
    expect(signedOf(was)).toEqual(expect.arrayContaining(['accept', 'x-own']));
    expect(signedOf(is)).toContain('x-own');
    expect(signedOf(is)).not.toContain('accept');
  },
};

const FROM_AWS_SIGV4_SIGN: Record<string, Send> = {
  '`signRequest(input, init, { service, region, credentials })`': async () => {
    await sameWith(
      async () => fetch(await signRequest(url(), POST, SIGNING)),
      async () => fetch(await createRequestSigner(SIGNING)(new Request(url(), POST))),
    );
  },
  '`signRequest(request, options)`': async () => {
    await sameWith(
      async () => fetch(await signRequest(new Request(url(), POST), SIGNING)),
      async () => fetch(await createRequestSigner(SIGNING)(new Request(url(), POST))),
    );
  },
  '`region`, default `us-east-1`': async () => {
    const host = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod';
    const { region: _region, ...without } = SIGNING;
    const requests = [
      await signRequest(host, without),
      await createRequestSigner({ credentials: CREDENTIALS })(new Request(host)),
    ];
    const regions = requests.map(({ headers }) => headers.get('authorization')?.split('/')[2]);
    expect(regions).toEqual(['us-east-1', 'eu-west-1']);
  },
  '`getDefaultCredentialProvider()`': async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
    vi.stubEnv('AWS_SESSION_TOKEN', CREDENTIALS.sessionToken);
    try {
      const { credentials: _credentials, ...without } = SIGNING;
      const [was, is] = await sameWith(
        async () => fetch(await signRequest(url(), without)),
        async () => fetch(await createRequestSigner(without)(new Request(url()))),
      );
      expect(keyOf(is)).toBe(keyOf(was));
    } finally {
      vi.unstubAllEnvs();
    }
  },
};

const { accessKeyId, secretAccessKey, sessionToken } = CREDENTIALS;
const OLD = { accessKeyId, secretAccessKey, sessionToken, service: 'execute-api', region: REGION };
const client = new AwsClient(OLD);
const signedFetch = createSignedFetch(SIGNING);

const FROM_AWS4FETCH: Record<string, Send> = {
  '`accessKeyId`, `secretAccessKey`, `sessionToken`': async () => {
    const [was, is] = await sameWith(
      () => client.fetch(url()),
      () => signedFetch(url()),
    );
    expect([keyOf(was), keyOf(is)]).toEqual([accessKeyId, accessKeyId]);
  },
  '`service`, `region`': async () => {
    const S3 = { service: 's3', region: REGION };
    await sameWith(
      () => new AwsClient({ ...OLD, ...S3 }).fetch(url()),
      () => createSignedFetch({ credentials: CREDENTIALS, ...S3 })(url()),
      's3',
    );
  },
  '`service`, `region` of R2, from its host name': async () => {
    const bucket = 'https://account.r2.cloudflarestorage.com/bucket/a%20b';
    const options = { service: 's3', region: 'auto', keys: () => CREDENTIALS };
    const requests = [
      await new AwsClient({ accessKeyId, secretAccessKey, sessionToken }).sign(bucket),
      await createRequestSigner({ credentials: CREDENTIALS })(new Request(bucket)),
    ];
    for (const request of requests) {
      expect(await verifySignature(request, options)).toMatchObject({ ok: true });
    }
  },
  'POST, if there is a body and no method': async () => {
    await sameWith(
      () => client.fetch(url(), { body: 'abc' }),
      () => signedFetch(url(), POST),
    );
    await expect(signedFetch(url(), { body: 'abc' })).rejects.toThrow(TypeError);
    expect(server.requests).toEqual([]);
  },
  '`cache`': async () => {
    const cache = new Map<string, ArrayBuffer>();
    const withCache = new AwsClient({ ...OLD, cache });
    await sameWith(
      () => withCache.fetch(url()),
      () => signedFetch(url()),
    );
    expect(cache.size).toBe(1);
  },
  '`retries` (10 by default), `initRetryMs`': async () => {
    server.answers.push('HTTP/1.1 503 Busy');
    const was = await new AwsClient({ ...OLD, initRetryMs: 0 }).fetch(url());
    expect([was.status, server.requests.splice(0).length]).toEqual([200, 2]);
    server.answers.push('HTTP/1.1 503 Busy');
    const is = await signedFetch(url());
    expect([is.status, server.requests.splice(0).length]).toEqual([503, 1]);
  },
  '`init.aws: { service, region }`': async () => {
    const S3 = { service: 's3', region: REGION };
    await sameWith(
      () => client.fetch(url(), { aws: S3 }),
      () => signedFetch(url(), { sigv4: S3 }),
      's3',
    );
  },
  "`init.aws.datetime: '20260102T030405Z'`": async () => {
    await client.fetch(url(), { aws: { datetime: '20260102T030405Z' } });
    await signedFetch(url(), { sigv4: { date: new Date('2026-01-02T03:04:05Z') } });
    const dates = server.requests.splice(0).map((request) => header(request, 'x-amz-date'));
    expect(dates).toEqual(['20260102T030405Z', '20260102T030405Z']);
  },
  '`init.aws.signQuery`': async () => {
    const [was, is] = await sameWith(
      () => client.fetch(url(), { aws: { signQuery: true } }),
      () => signedFetch(url(), { sigv4: { signatureIn: 'query' } }),
    );
    for (const request of [was, is]) {
      expect(request?.target).toContain('X-Amz-Signature=');
      expect(header(request, 'authorization')).toBeUndefined();
    }
    const link = await createSigner(SIGNING).presign(url());
    expect(link.searchParams.has('X-Amz-Signature')).toBe(true);
  },
  '`init.aws.allHeaders`': async () => {
    const headers = { 'x-own': 'mine', 'content-type': 'text/x' };
    const [was, is] = await sameWith(
      () => client.fetch(url(), { headers, aws: { allHeaders: true } }),
      () => signedFetch(url(), { headers, sigv4: { signHeaders: ['x-own'] } }),
    );
    for (const request of [was, is]) {
      expect(signedOf(request)).toEqual(expect.arrayContaining(['content-type', 'x-own']));
    }
  },
  '`init.aws.singleEncode`': async () => {
    const service = 's3express';
    const headers = { 'x-amz-content-sha256': sha256(new Uint8Array()) };
    await sameWith(
      () => client.fetch(url(), { headers, aws: { service, singleEncode: true } }),
      () => signedFetch(url(), { sigv4: { service } }),
      service,
    );
  },
  '`init.aws.appendSessionToken`': async () => {
    const service = 'iotdevicegateway';
    const options = { ...SIGNING, service, signatureIn: 'query' as const };
    const aws = { service, signQuery: true, appendSessionToken: true };
    const requests = await sameWith(
      () => client.fetch(url(), { aws }),
      () => createSignedFetch(options)(url()),
      service,
    );
    for (const { target } of requests) {
      expect(target).toContain('&X-Amz-Security-Token=');
    }
  },
  '`init.aws.accessKeyId`, …': async () => {
    const other = { accessKeyId: 'AKIDOTHER', secretAccessKey: 'other' };
    await client.fetch(url(), { aws: other });
    await createSignedFetch({ ...SIGNING, credentials: other })(url());
    expect(server.requests.splice(0).map(keyOf)).toEqual(['AKIDOTHER', 'AKIDOTHER']);
  },
  '`sign(input, init)`': async () => {
    await sameWith(
      async () => fetch(await client.sign(url(), POST)),
      async () => fetch(await createRequestSigner(SIGNING)(new Request(url(), POST))),
    );
  },
};

const FROM_BEFORE: Record<string, Send> = {
  '`ky.create({ fetch: createSignedFetcher({ service, region }) })`': async () => {
    await sameWith(
      () => ky.create({ fetch: createSignedFetcher(SIGNING) }).post(url(), { json: { a: 1 } }),
      () => ky.extend({ hooks: sigv4Hooks(SIGNING) }).post(url(), { json: { a: 1 } }),
    );
  },
  '`ky.create({ fetch: (request) => client.fetch(request) })`, `retries` of aws4fetch':
    async () => {
      const retry = { limit: 1, delay: () => 0 };
      server.answers.push('HTTP/1.1 503 Busy');
      const old = new AwsClient({ ...OLD, initRetryMs: 0 });
      await ky.create({ fetch: (request) => old.fetch(request as Request), retry: 0 }).get(url());
      expect(server.requests.splice(0)).toHaveLength(2);
      server.answers.push('HTTP/1.1 503 Busy');
      await ky.extend({ hooks: sigv4Hooks(SIGNING), retry }).get(url());
      const sent = server.requests.splice(0);
      expect(sent.map((request) => verdictOf(request).ok)).toEqual([true, true]);
    },
  'a `beforeRequest` hook that signs: not run on retries': async () => {
    const retry = { limit: 1, delay: () => 0 };
    let hooks = 0;
    server.answers.push('HTTP/1.1 503 Busy', 'HTTP/1.1 200 OK', 'HTTP/1.1 503 Busy');
    const signing = async ({ request }: { request: Request }): Promise<Request> => {
      hooks += 1;
      return client.sign(request);
    };
    await ky.extend({ hooks: { beforeRequest: [signing] }, retry }).get(url());
    expect([hooks, server.requests.splice(0).length]).toEqual([1, 2]);
    let now = Date.now();
    const ours = sigv4Hooks({ ...SIGNING, now: () => (now += 1000) });
    await ky.extend({ hooks: ours, retry }).get(url());
    const dates = server.requests.splice(0).map((request) => header(request, 'x-amz-date'));
    expect(new Set(dates).size).toBe(2);
  },
};

describe.each([
  ['docs/migrate/aws-sigv4-fetch.md', 'aws-sigv4-fetch', FROM_AWS_SIGV4_FETCH],
  ['docs/migrate/aws-sigv4-sign.md', 'aws-sigv4-sign', FROM_AWS_SIGV4_SIGN],
  ['docs/migrate/aws4fetch.md', 'aws4fetch', FROM_AWS4FETCH],
  ['docs/migrate/aws-sigv4-fetch.md', 'before', FROM_BEFORE],
])('@sigv4/%s from %s', (name, title, rows) => {
  test.each(Object.entries(rows))('%s', async (_row, run) => {
    await run();
    expect(server.requests).toEqual([]);
  });

  test('every row of the README is one of these', async () => {
    expect(rowsOf(name, title)).toEqual(Object.keys(rows));
  });
});
