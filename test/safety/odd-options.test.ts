// Options of a call that are no options are refused: ignored ones would sign what nobody asked for.
import axios from 'axios';
import ky from 'ky';
import { describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import type { SignOptions } from '@sigv4/signer';

import { CREDENTIALS, REGION } from '../wire/judge.ts';

const OPTIONS = { credentials: CREDENTIALS, region: REGION };
const URL_ELSEWHERE = 'https://elsewhere.example/x';
const BASE = 'https://api.example.com/';

let sent = 0;
const answering: typeof fetch = async () => {
  sent += 1;
  return new Response();
};

type Call = (sigv4: SignOptions) => Promise<unknown>;

const CLIENTS: Readonly<Record<string, Call>> = {
  fetch: (sigv4) =>
    createSignedFetch({ ...OPTIONS, fetch: answering })(URL_ELSEWHERE, { sigv4, baseUrl: BASE }),
  ky: (sigv4) =>
    ky.extend({ hooks: sigv4Hooks(OPTIONS), fetch: answering, retry: 0, baseUrl: BASE })(
      URL_ELSEWHERE,
      { context: { sigv4 } },
    ),
  axios: (sigv4) => {
    const instance = axios.create({ adapter: 'fetch', env: { fetch: answering }, baseURL: BASE });
    instance.interceptors.request.use(sigv4Interceptor(OPTIONS));
    return instance.request({ url: URL_ELSEWHERE, sigv4 } as object);
  },
};

describe.each(Object.entries(CLIENTS))('%s', (_name, call) => {
  test.each([null, 0, '', true, 'eu-west-1', Number.NaN])('refuses %j', async (odd) => {
    sent = 0;
    const refused = await call(odd as unknown as SignOptions).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TypeError);
    expect(String(refused)).toContain('sigv4: expected an object of options, or false');
    expect(sent).toBe(0);
  });
});
