import { aws4Interceptor, getAuthErrorMessage } from 'aws4-axios';
import axios, { type AxiosInstance } from 'axios';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { rejectionOf, sigv4Interceptor, type SigV4InterceptorOptions } from '@sigv4/axios';
import { assumeRole, cacheCredentials } from '@sigv4/credentials';
import type { LocalAws, SeenRequest } from '@sigv4/testing';

import { CALLER, INTERN, ROLE, startWorld } from '../world.ts';
import { rowsOf } from './page-tables.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startWorld();
});
beforeEach(() => {
  aws.requests.length = 0;
  vi.stubEnv('AWS_REGION', aws.region);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', aws.stsUrl);
  useKeys(CALLER);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => aws.close());

function useKeys(arn: string): void {
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(arn);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
}

interface Before {
  readonly instance?: AxiosInstance;
  readonly credentials?: object;
  readonly options?: object;
}

/** The types of its axios are those of CommonJS. */
const aws4InterceptorOf = aws4Interceptor as unknown as (
  given: Before,
) => ReturnType<typeof sigv4Interceptor>;

function instances(before: Before, after: SigV4InterceptorOptions): AxiosInstance[] {
  const scope = { region: aws.region, service: 'execute-api' };
  const [old, api] = [axios.create(), axios.create()];
  old.interceptors.request.use(
    aws4InterceptorOf({ instance: old, ...before, options: { ...scope, ...before.options } }),
  );
  api.interceptors.request.use(sigv4Interceptor({ now: aws.clock.now, ...scope, ...after }));
  return [old, api];
}

/** Calls the API by both, and gives what it saw. AWS takes both, for the same thing. */
async function same(
  before: Before,
  after: SigV4InterceptorOptions,
  url = aws.apiUrl,
): Promise<SeenRequest[]> {
  for (const instance of instances(before, after)) {
    await instance.get(`${url}/orders`, { params: { q: 'a' } });
    await instance.post(`${url}/orders`, { sku: 'hat' });
  }
  const seen = aws.requests.filter(({ service }) => service === 'execute-api');
  expect(seen.map(({ method, path, verdict }) => [method, path, verdict])).toEqual([
    ['GET', expect.any(String), 'allowed'],
    ['POST', expect.any(String), 'allowed'],
    ['GET', seen[0]?.path, 'allowed'],
    ['POST', seen[1]?.path, 'allowed'],
  ]);
  expect(seen.map(({ body }) => new TextDecoder().decode(body))).toEqual([
    '',
    '{"sku":"hat"}',
    '',
    '{"sku":"hat"}',
  ]);
  return seen;
}

/** Of a role's sessions, without their names. */
function callers(seen: readonly SeenRequest[]): Set<string | undefined> {
  return new Set(seen.map(({ callerArn }) => callerArn));
}

const ROWS: Record<string, () => Promise<unknown>> = {
  '`instance`': async () => same({ instance: axios.create(), credentials: keys() }, {}),
  '`credentials`, an object': async () => {
    useKeys(INTERN);
    const seen = await same({ credentials: keys() }, { credentials: keys() });
    expect(callers(seen)).toEqual(new Set([CALLER]));
  },
  '`credentials`, an object with `getCredentials()`': async () => {
    useKeys(INTERN);
    const provider = { getCredentials: async () => keys() };
    const credentials = cacheCredentials(() => provider.getCredentials());
    const seen = await same({ credentials: provider }, { credentials });
    expect(callers(seen)).toEqual(new Set([CALLER]));
  },
  "no credentials: the environment's": async () => {
    expect(callers(await same({}, {}))).toEqual(new Set([CALLER]));
  },
  '`options.region`, `options.service`': async () => {
    const options = { region: aws.region, service: 'execute-api' };
    await same({ options }, options);
  },
  '`options.signQuery`': async () => {
    const seen = await same({ options: { signQuery: true } }, { signatureIn: 'query' });
    for (const { target } of seen) expect(target).toContain('X-Amz-Signature=');
  },
  '`options.addContentSha`': async () => {
    const options = { addContentSha: true };
    for (const api of instances({ options }, { contentSha256Header: true })) {
      await api.post(`${aws.apiUrl}/orders`, { sku: 'hat' }, { validateStatus: null });
    }
    const sent = aws.requests.map(({ rawHeaders, verdict }) => {
      const named = rawHeaders.find(([name]) => name.toLowerCase() === 'x-amz-content-sha256');
      return [named?.[1], verdict];
    });
    expect(sent[1]?.[0]).toBe(sent[0]?.[0]);
    // aws4-axios adds the header after it has signed, and we sign it.
    expect(sent.map(([, verdict]) => verdict)).toEqual(['refused', 'allowed']);
  },
  '`options.assumeRoleArn`': async () => {
    const options = { assumeRoleArn: ROLE };
    const credentials = assumeRole({ roleArn: ROLE, now: aws.clock.now });
    const seen = await same({ options }, { credentials }, aws.apis['other']?.url);
    const roles = [...callers(seen)].map((arn) => arn?.replace(/\/[^/]*$/, ''));
    expect(new Set(roles)).toEqual(
      new Set(['arn:aws:sts::222222222222:assumed-role/orders-invoke']),
    );
  },
  '`options.assumeRoleSessionName`': async () => {
    const name = 'order-service';
    const options = { assumeRoleArn: ROLE, assumeRoleSessionName: name };
    const credentials = assumeRole({ roleArn: ROLE, roleSessionName: name, now: aws.clock.now });
    const seen = await same({ options }, { credentials }, aws.apis['other']?.url);
    const session = `arn:aws:sts::222222222222:assumed-role/orders-invoke/${name}`;
    expect(callers(seen)).toEqual(new Set([session]));
  },
  '`options.assumedRoleExpirationMarginSec`': async () => {
    const options = { assumeRoleArn: ROLE, assumedRoleExpirationMarginSec: 60 };
    const credentials = assumeRole({ roleArn: ROLE, now: aws.clock.now });
    await same({ options }, { credentials }, aws.apis['other']?.url);
    const asked = (): number => aws.requests.filter(({ service }) => service === 'sts').length;
    const before = asked();
    // In the last minute of the session of an hour, ours has been renewed.
    aws.clock.advance('59m');
    await instances({}, { credentials })[1]?.get(`${aws.apis['other']?.url}/orders`);
    expect(asked()).toBe(before + 1);
    expect(aws.requests.at(-1)).toMatchObject({ verdict: 'allowed' });
    aws.clock.set(Date.now());
  },
  '`getAuthErrorMessage(error)`': async () => {
    const credentials = aws.credentialsOf(INTERN);
    const [was, is] = await Promise.all(
      instances({ credentials }, { credentials }).map((api) =>
        api.get(`${aws.apiUrl}/orders`).catch((error: unknown) => error),
      ),
    );
    expect(rejectionOf(is)?.message).toMatch(/^User: .*intern is not authorized/);
    expect(rejectionOf(is)?.explanation).toContain('intern');
    // AWS writes `Message` with a capital here, which that function does not know.
    expect(getAuthErrorMessage(was)).toBeUndefined();
  },
};

function keys(): { accessKeyId: string; secretAccessKey: string } {
  const { accessKeyId, secretAccessKey } = aws.credentialsOf(CALLER);
  return { accessKeyId, secretAccessKey };
}

describe('@sigv4/axios from aws4-axios', () => {
  test.each(Object.entries(ROWS))('%s', async (_row, run) => {
    await run();
    expect(aws.requests.length).toBeGreaterThan(1);
  });

  test('every row of the README is one of these', async () => {
    expect(rowsOf('docs/migrate/aws4-axios.md', 'aws4-axios')).toEqual(Object.keys(ROWS));
  });
});
