import { expect, test, vi } from 'vitest';

import { getSessionToken, type SessionTokenOptions } from '@sigv4/credentials';

const SOURCE = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cret' };
const ANSWER =
  '<GetSessionTokenResponse><GetSessionTokenResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>';

async function sent(options: SessionTokenOptions): Promise<Record<string, string>> {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => new Response(ANSWER));
  expect(await getSessionToken({ source: SOURCE, fetch, ...options })()).toMatchObject({
    accessKeyId: 'ASIA',
    sessionToken: 't',
  });
  const [, init] = fetch.mock.calls[0] ?? [];
  expect(new Headers(init?.headers).get('authorization')).toContain('AKIDEXAMPLE');
  return Object.fromEntries(new URLSearchParams(init?.body as string));
}

test('has what was asked for', async () => {
  expect(await sent({})).toEqual({ Action: 'GetSessionToken', Version: '2011-06-15' });
  expect(
    await sent({
      durationSeconds: 129_600,
      serialNumber: 'GAHT12345678',
      tokenCode: () => '123456',
    }),
  ).toEqual({
    Action: 'GetSessionToken',
    Version: '2011-06-15',
    DurationSeconds: '129600',
    SerialNumber: 'GAHT12345678',
    TokenCode: '123456',
  });
});

test('a refusal names the caller, and no role', async () => {
  const text =
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>Cannot call GetSessionToken with session credentials</Message></Error></ErrorResponse>';
  const fetch = async (): Promise<Response> => new Response(text, { status: 403 });
  await expect(getSessionToken({ source: SOURCE, fetch })()).rejects.toMatchObject({
    code: 'AccessDenied',
    roleArn: undefined,
    message:
      'getSessionToken: STS answered 403 AccessDenied: Cannot call GetSessionToken with session credentials; no policy may deny it to this caller',
  });
});

test.each<[object, RegExp]>([
  [
    { durationSeconds: 129_601 },
    /durationSeconds: expected a whole number of seconds from 900 to 129600/,
  ],
  [{ serialNumber: 'GAHT12345678' }, /tokenCode: is missing/],
  [{ roleArn: 'x' }, /roleArn: there is no such option/],
])('%j is refused', (options, message) => {
  expect(() => getSessionToken(options)).toThrow(message);
});
