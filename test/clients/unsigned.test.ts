import axios from 'axios';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import { createSigner, type SignerOptions } from '@sigv4/signer';
import ky from 'ky';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

interface Call {
  readonly headers?: Record<string, string>;
  readonly isUnsigned?: boolean;
}

type Send = (url: string, call?: Call) => Promise<unknown>;

const sent = vi.fn(async (_url: string) => new Response('ok'));

/** Every client, over a stand-in for the network. */
const CLIENTS: Readonly<Record<string, (options: Partial<SignerOptions>) => Send>> = {
  axios: (options) => {
    const instance = axios.create({
      adapter: async (config) => {
        await sent(String(config.url));
        return { data: 'ok', status: 200, statusText: 'OK', headers: {}, config };
      },
    });
    instance.interceptors.request.use(sigv4Interceptor({ credentials: CREDENTIALS, ...options }));
    return (url, { headers, isUnsigned } = {}) =>
      instance.get(url, {
        ...(headers && { headers }),
        ...(isUnsigned && { sigv4: false }),
      } as object);
  },
  fetch: (options) => {
    const send = createSignedFetch({
      credentials: CREDENTIALS,
      fetch: (input) => sent(String(input instanceof Request ? input.url : input)),
      ...options,
    });
    return (url, { headers, isUnsigned } = {}) =>
      send(url, { ...(headers && { headers }), ...(isUnsigned && { sigv4: false }) });
  },
  ky: (options) => {
    const api = ky.extend({
      hooks: sigv4Hooks({ credentials: CREDENTIALS, ...options }),
      fetch: (input) => sent(input instanceof Request ? input.url : String(input)),
      retry: 0,
    });
    return (url, { headers, isUnsigned } = {}) =>
      api.get(url, {
        ...(headers && { headers }),
        ...(isUnsigned && { context: { sigv4: false } }),
      });
  },
  'a client of its own': (options) => {
    const signer = createSigner({ credentials: CREDENTIALS, ...options });
    return async (url, { headers, isUnsigned } = {}) => {
      if (isUnsigned) return sent(url);
      const transport = (): Promise<Response> => sent(url);
      return signer.send({ method: 'GET', url, headers }, transport, { pass: transport });
    };
  },
};

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  sent.mockClear();
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    warnings.push(String(warning));
  });
});
afterEach(() => vi.restoreAllMocks());

/** A warning comes once a host, so that each test asks a host of its own. */
let hosts = 0;
function newHost(suffix = 'unknown.thing.amazonaws.com'): string {
  hosts += 1;
  return `h${hosts}.${suffix}`;
}

describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
  test('a call to AWS that goes unsigned is warned of, once a host', async () => {
    const [one, two] = [newHost(), newHost()];
    const send = make({});
    for (const host of [one, one, two]) await send(`https://${host}/a?secret=b`);
    await make({})(`https://${one}/`);
    expect(sent).toHaveBeenCalledTimes(4);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      new RegExp(`requests to ${one} go unsigned.*not known as one of AWS`),
    );
    expect(warnings[0]).toMatch(/onEvent.*unsigned: 'error'.*unsigned: 'pass'/);
    expect(warnings.join()).not.toContain('secret');
  });

  test('a key that an SDK insists on is warned of', async () => {
    const host = newHost('execute-api.eu-west-1.amazonaws.com');
    await make({})(`https://${host}/a`, { headers: { authorization: 'Bearer x' } });
    expect(warnings).toEqual([expect.stringContaining('Authorization header of another scheme')]);
  });

  test.each<[string, Partial<SignerOptions>, string, Call?]>([
    ['onEvent is given', { onEvent: () => {} }, 'unknown.thing.amazonaws.com'],
    ['hosts are given', { hosts: ['api.example.com'] }, 'unknown.thing.amazonaws.com'],
    ["unsigned: 'pass' is given", { unsigned: 'pass' }, 'unknown.thing.amazonaws.com'],
    ['the call says so itself', {}, 'unknown.thing.amazonaws.com', { isUnsigned: true }],
    ['the host is not of AWS', {}, 'example.com'],
    ['the host has a label that is one of AWS', {}, 'aws.example.com'],
    ['the host is a website of Amazon', {}, 'aws.amazon.com'],
    ['the host is a website of a government', {}, 'ic.gov'],
    ["the host looks like Cloudflare's", {}, 'r2.cloudflarestorage.example.com'],
    ['the host is a website in S3', {}, 's3-website-eu-west-1.amazonaws.com'],
    ['the host is a website in S3 of a newer region', {}, 's3-website.eu-south-2.amazonaws.com'],
    ['the host is a load balancer of a customer', {}, 'eu-west-1.elb.amazonaws.com'],
    ['the host is a machine of a customer', {}, 'compute-1.amazonaws.com'],
  ])('there is no warning if %s', async (_what, options, suffix, call) => {
    await make(options)(`https://${newHost(suffix)}/a`, call);
    expect(sent).toHaveBeenCalledTimes(1);
    expect(warnings).toEqual([]);
  });

  test('there is no warning of a URL that bears a signature', async () => {
    const url = `https://${newHost('s3.eu-west-1.amazonaws.com')}/a?X-Amz-Signature=ab`;
    await make({})(url);
    expect(warnings).toEqual([]);
  });

  describe("unsigned: 'error'", () => {
    test.each<[string, Partial<SignerOptions>, Call?]>([
      ['its host is unknown', {}],
      ['its host is not listed', { hosts: ['other.example.com'] }],
      [
        'it bears a key of another scheme',
        { region: 'eu-west-1' },
        { headers: { authorization: 'Bearer x' } },
      ],
    ])('refuses a call because %s', async (_what, options, call) => {
      const host = newHost('example.com');
      const events: unknown[] = [];
      const send = make({ ...options, unsigned: 'error', onEvent: (event) => events.push(event) });
      await expect(send(`https://${host}/a?secret=b`, call)).rejects.toMatchObject({
        name: 'SigV4Error',
        code: 'ERR_SIGV4_UNSIGNED',
        message: expect.stringMatching(
          new RegExp(
            `^unsigned: a request to ${host} would go unsigned, because it.*sigv4: false$`,
          ),
        ) as string,
      });
      expect(sent).not.toHaveBeenCalled();
      expect(events).toEqual([]);
    });

    test('names no host where there is none', async () => {
      await expect(make({ unsigned: 'error' })('data:text/plain,a')).rejects.toThrow(
        'unsigned: a request would go unsigned, because it is a data: URL',
      );
    });

    test('lets pass what says so itself, or bears a signature in its URL', async () => {
      const send = make({ unsigned: 'error' });
      await send('https://www.example.com/', { isUnsigned: true });
      await send('https://www.example.com/?X-Amz-Signature=ab');
      await send('https://www.example.com/?Key-Pair-Id=a&Signature=b&Expires=1');
      expect(sent).toHaveBeenCalledTimes(3);
    });

    test('lets a signed call be', async () => {
      await make({ unsigned: 'error', region: 'eu-west-1' })('https://api.example.com/');
      expect(sent).toHaveBeenCalledTimes(1);
    });
  });
});

test('a runtime without process.emitWarning warns by the console', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.stubGlobal('process', { env: {} });
  try {
    await CLIENTS['fetch']?.({})(`https://${newHost()}/`);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(warn).toHaveBeenCalledTimes(1);
});
