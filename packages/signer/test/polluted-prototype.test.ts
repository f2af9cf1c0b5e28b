import { afterEach, describe, expect, test } from 'vitest';

import { SIGN_OPTIONS, SIGNER_OPTIONS } from '@sigv4/signer/client';

import { answer, API, testSigner } from './fixtures.ts';

const OF_REQUEST = { headers: { 'x-evil': '1' }, body: 'evil' };
const OF_SEND = {
  pass: async () => answer(299),
  baseUrl: 'https://evil.example',
  maxRedirects: 3,
  oneShotBody: true,
  signal: AbortSignal.abort(),
};
const OF_CALL = {
  service: 'evil',
  region: 'evil',
  date: new Date(5e11),
  expiresIn: 77,
  payload: 'unsigned',
  signHeaders: ['x-evil'],
  signatureIn: 'query',
  hosts: ['evil.example'],
  algorithm: 'sigv4a',
  contentSha256Header: true,
  allowInsecureHttp: true,
  now: () => 5e11,
};
const EVIL: Readonly<Record<string, unknown>> = { ...OF_REQUEST, ...OF_SEND, ...OF_CALL };
const NAMES = new Set([
  ...Object.keys(EVIL),
  ...Object.keys(SIGNER_OPTIONS),
  ...Object.keys(SIGN_OPTIONS),
]);

afterEach(() => {
  for (const name of NAMES) Reflect.deleteProperty(Object.prototype, name);
});

describe.each([
  ['without options', []],
  ['with empty options', [{}]],
  ['with a date and header names', [{ date: new Date(1.7e12), signHeaders: ['x-a'] }]],
])('a call %s', (_call, options) => {
  async function made(): Promise<unknown[]> {
    const signer = testSigner();
    const request = { method: 'GET', url: API };
    const signed = await signer.sign(request, ...options);
    const sent: unknown[] = [];
    await signer.send(request, async (one) => (sent.push(one), answer(200)), ...options);
    return [signed, sent, (await signer.presign(API, ...options)).href];
  }

  test.each([...NAMES])('takes no `%s` from Object.prototype', async (name) => {
    const before = JSON.stringify(await made());
    const value = EVIL[name] ?? 'evil';
    Reflect.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
    const after = JSON.stringify(await made().catch(String));
    Reflect.deleteProperty(Object.prototype, name);
    expect(after).toBe(before);
  });
});
