import { describe, expect, test } from 'vitest';

import { createSignedFetch, explain, type Rejection } from '@sigv4/fetch';
import type { SignerOptions } from '@sigv4/signer';
import type { RawRequest, Verdict } from '@sigv4/testing';

import { FUNCTION_URL, KEY, S3, startService, type OtherService } from './other-services.ts';
import { rewriteTarget, startTamperingProxy } from './tampering-proxy.ts';

async function ask(
  service: OtherService,
  tamper: (request: RawRequest) => Partial<RawRequest>,
  path: string,
  options: Partial<SignerOptions> = {},
  quirk?: (verdict: Verdict, request: RawRequest) => Verdict,
): Promise<Rejection | undefined> {
  const running = await startService(service, quirk);
  const proxy = await startTamperingProxy(running.origin, tamper);
  const { name, region } = service;
  const signedFetch = createSignedFetch({ credentials: KEY, service: name, region, ...options });
  const response = await signedFetch(`${proxy.origin}${path}`);
  await proxy.close();
  await running.close();
  return explain(response);
}

const untouched = (): Partial<RawRequest> => ({});

describe('S3', () => {
  test('a good call is no refusal', async () => {
    expect(await ask(S3, untouched, '/bucket/a%20b?list-type=2')).toBeUndefined();
  });

  test('tells the canonical request in an element of its own', async () => {
    const encodedTwice = rewriteTarget((target) => target.replaceAll('%', '%25'));
    expect(await ask(S3, encodedTwice, '/bucket/a%20b?prefix=x/"<>')).toMatchObject({
      reason: 'signature-mismatch',
      differences: [
        {
          part: 'path',
          change: 'encoded-twice',
          signed: '/bucket/a%20b',
          expected: '/bucket/a%2520b',
        },
        { part: 'query', name: 'prefix', change: 'encoded-twice' },
      ],
    });
  });

  test('tells the right region, in a 400', async () => {
    expect(await ask(S3, untouched, '/bucket', { region: 'us-east-1' })).toMatchObject({
      reason: 'wrong-scope',
      status: 400,
      differences: [
        { part: 'region', change: 'wrong', signed: 'us-east-1', expected: 'eu-west-1' },
      ],
      explanation: expect.stringContaining('belongs to "eu-west-1"'),
    });
  });

  test('tells of another body by a code of its own, in a 400', async () => {
    const body = (): Partial<RawRequest> => ({ body: Buffer.from('another') });
    expect(await ask(S3, body, '/bucket/key')).toMatchObject({
      reason: 'signature-mismatch',
      type: 'XAmzContentSHA256Mismatch',
      differences: [{ part: 'body', change: 'changed' }],
    });
  });

  test('another secret', async () => {
    const credentials = { ...KEY, secretAccessKey: 'wrong' };
    expect(await ask(S3, untouched, '/bucket', { credentials })).toMatchObject({
      differences: [{ part: 'secret', change: 'wrong' }],
    });
  });
});

test('what S3 quotes of the session token, as text and as bytes, is not handed on', async () => {
  const running = await startService(S3);
  const credentials = { ...KEY, secretAccessKey: 'wrong', sessionToken: 'to/ken' };
  const signedFetch = createSignedFetch({ credentials, service: 's3', region: 'eu-west-1' });
  const response = await signedFetch(`${running.origin}/bucket`);
  const clone = response.clone();
  const text = await response.text();
  expect(text).toMatch(/<CanonicalRequest>GET&#10;\/bucket[^<]*x-amz-security-token:\[redacted\]/);
  expect(text).not.toContain('to/ken');
  expect(text).not.toContain(Array.from('to/ken', (c) => c.charCodeAt(0).toString(16)).join(' '));
  // ky's hooks get clones.
  expect(explain(clone)).toBe(explain(response));
  expect(explain(clone.clone())).toMatchObject({ reason: 'signature-mismatch' });
  await running.close();
});

describe('a function URL', () => {
  const credentials = { ...KEY, secretAccessKey: 'wrong' };

  test('tells a mismatch by its type alone: no difference is made up', async () => {
    expect(await ask(FUNCTION_URL, untouched, '/', { credentials })).toMatchObject({
      reason: 'signature-mismatch',
      type: 'InvalidSignatureException',
      differences: [],
      explanation: expect.stringMatching(/secret key .* or what arrived is not what was signed/),
    });
  });

  test('without a type: what may be behind it', async () => {
    const silent: OtherService = {
      ...FUNCTION_URL,
      refuse: (verdict, request) => ({
        ...FUNCTION_URL.refuse(verdict, request),
        headers: { 'content-type': 'application/json' },
      }),
    };
    expect(await ask(silent, untouched, '/', { credentials })).toMatchObject({
      reason: 'forbidden',
      explanation: expect.stringContaining('lambda:InvokeFunctionUrl'),
    });
  });
});

test('an API that takes the query in the order in which it came: re-ordered', async () => {
  const unsorted = (verdict: Verdict, { target }: RawRequest): Verdict => {
    const [, query = ''] = target.split('?');
    const lines = (verdict.canonicalRequest ?? '').split('\n');
    if (lines[2] === query) return verdict;
    const canonicalRequest = lines.with(2, query).join('\n');
    return { ...verdict, ok: false, reason: 'mismatch', type: '', message: '', canonicalRequest };
  };
  const reversed = rewriteTarget((target) => {
    const [path, query = ''] = target.split('?');
    return `${path}?${query.split('&').toReversed().join('&')}`;
  });
  expect(await ask(S3, untouched, '/x?a=1&b=2', {}, unsorted)).toBeUndefined();
  expect(await ask(S3, reversed, '/x?a=1&b=2', {}, unsorted)).toMatchObject({
    differences: [{ part: 'query', change: 're-ordered' }],
    explanation: expect.stringContaining('the query was put into another order'),
  });
});
