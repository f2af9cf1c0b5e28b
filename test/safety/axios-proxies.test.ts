import { execFile } from 'node:child_process';
import { Agent } from 'node:http';
import { promisify } from 'node:util';

import axios, { type AxiosRequestConfig } from 'axios';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';

import { startRawServer, type RawServer } from '../wire/raw-server.ts';

let target: RawServer;
/** It would forward what it gets. */
let proxy: RawServer;
beforeAll(async () => {
  [target, proxy] = [await startRawServer(), await startRawServer()];
});
afterAll(async () => {
  await Promise.all([target.close(), proxy.close()]);
});
beforeEach(() => {
  for (const server of [target, proxy]) server.requests.length = 0;
  for (const name of Object.keys(process.env)) {
    if (/_proxy$/i.test(name)) vi.stubEnv(name, undefined);
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function call(config: AxiosRequestConfig, allowInsecureHttp = false): Promise<unknown> {
  const instance = axios.create({ adapter: 'http', ...config });
  instance.interceptors.request.use(
    sigv4Interceptor({
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' },
      region: 'eu-west-1',
      allowInsecureHttp,
    }),
  );
  return instance.get(`${target.origin}/orders`);
}

const isNodesOwn = (): boolean => process.allowedNodeEnvironmentFlags.has('--use-env-proxy');

interface Case {
  readonly env?: Record<string, string>;
  readonly config?: () => AxiosRequestConfig;
}

const proxyUrl = (): string => proxy.origin;
const HTTP_PROXY = { HTTP_PROXY: 'the proxy' };

const PROXIED: Readonly<Record<string, Case>> = {
  'the option proxy': {
    config: () => ({ proxy: { protocol: 'http', host: '127.0.0.1', port: proxy.port } }),
  },
  HTTP_PROXY: { env: HTTP_PROXY },
  http_proxy: { env: { http_proxy: 'the proxy' } },
  ALL_PROXY: { env: { ALL_PROXY: 'the proxy' } },
  'HTTP_PROXY, other hosts exempt': { env: { ...HTTP_PROXY, NO_PROXY: '.example.com,10.0.0.1' } },
  'HTTP_PROXY, another port exempt': { env: { ...HTTP_PROXY, NO_PROXY: '127.0.0.1:1' } },
  ...(isNodesOwn() && {
    "an agent with Node's proxyEnv": {
      config: () => ({
        httpAgent: new Agent({ proxyEnv: { HTTP_PROXY: proxyUrl() } }),
      }),
    },
  }),
};

const DIRECT: Readonly<Record<string, Case>> = {
  'nothing set': {},
  'NO_PROXY with the host': { env: { ...HTTP_PROXY, NO_PROXY: 'a.example, 127.0.0.1' } },
  'NO_PROXY with host and port': { env: { ...HTTP_PROXY, no_proxy: '127.0.0.1:PORT' } },
  'NO_PROXY with an asterisk': { env: { ...HTTP_PROXY, NO_PROXY: '*' } },
  'NO_PROXY with a domain': { env: { ...HTTP_PROXY, NO_PROXY: '*.0.0.1' } },
  'proxy: false': { env: HTTP_PROXY, config: () => ({ proxy: false }) },
  HTTPS_PROXY: { env: { HTTPS_PROXY: 'the proxy' } },
  'the fetch adapter, which heeds no HTTP_PROXY': {
    env: HTTP_PROXY,
    config: () => ({ adapter: 'fetch' }),
  },
};

function stub({ env = {} }: Case): void {
  for (const [name, value] of Object.entries(env)) {
    vi.stubEnv(name, value.replace('the proxy', proxyUrl()).replace('PORT', `${target.port}`));
  }
}

describe('http: to this machine', () => {
  test.each(Object.entries(PROXIED))('%s: refused, nothing is sent', async (_name, one) => {
    stub(one);
    await expect(call(one.config?.() ?? {})).rejects.toMatchObject({
      code: 'ERR_SIGV4_INSECURE',
      message: expect.stringMatching(/through a proxy.*allowInsecureHttp/),
    });
    expect([...proxy.requests, ...target.requests]).toEqual([]);
  });

  test.each(Object.entries(PROXIED))('%s: sent, if that is allowed', async (_name, one) => {
    stub(one);
    await call(one.config?.() ?? {}, true);
    expect(proxy.requests).toHaveLength(1);
  });

  test.each(Object.entries(DIRECT))('%s: goes there directly', async (_name, one) => {
    stub(one);
    await call(one.config?.() ?? {});
    expect(proxy.requests).toEqual([]);
    expect(target.requests).toHaveLength(1);
  });

  test.skipIf(!isNodesOwn()).each(['http', 'fetch'])(
    'NODE_USE_ENV_PROXY, %s adapter: refused, nothing is sent',
    async (adapter) => {
      const program = `
        import axios from 'axios';
        import { sigv4Interceptor } from '@sigv4/axios';
        const instance = axios.create({ adapter: '${adapter}' });
        const credentials = { accessKeyId: 'A', secretAccessKey: 'b', sessionToken: 'token' };
        instance.interceptors.request.use(sigv4Interceptor({ credentials, region: 'eu-west-1' }));
        await instance.get('${target.origin}/x').catch(({ code }) => console.log(code));`;
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--conditions=@sigv4/source', '--input-type=module', '--eval', program],
        {
          cwd: import.meta.dirname,
          env: { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxyUrl() },
        },
      );
      expect(stdout.trim()).toBe('ERR_SIGV4_INSECURE');
      expect([...proxy.requests, ...target.requests]).toEqual([]);
    },
  );
});
