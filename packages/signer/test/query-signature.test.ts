import { describe, expect, test } from 'vitest';

import { createSigner, signChunkedUpload, type SignerOptions } from '@sigv4/signer';
import { smithyEngine } from '@sigv4/signer/smithy';

import { API, NOW, SESSION, testSigner, verify } from './fixtures.ts';

const signer = (options: Partial<SignerOptions> = {}): ReturnType<typeof testSigner> =>
  testSigner({ credentials: SESSION, ...options });

describe("signatureIn: 'query'", () => {
  test('puts everything of the signature into the URL, and nothing into the headers', async () => {
    const signed = await signer({ signatureIn: 'query' }).sign({
      method: 'POST',
      url: `${API}?b=2&a=1`,
      headers: { 'Content-Type': 'text/plain', 'x-tenant': 't' },
      body: 'abc',
    });
    expect(signed.headers).toEqual(
      Object.assign(Object.create(null), { 'content-type': 'text/plain', 'x-tenant': 't' }),
    );
    const { searchParams } = new URL(signed.url);
    expect([...searchParams.keys()]).toEqual([
      'b',
      'a',
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Date',
      'X-Amz-Expires',
      'X-Amz-SignedHeaders',
      'X-Amz-Security-Token',
      'X-Amz-Signature',
    ]);
    expect(searchParams.get('X-Amz-Security-Token')).toBe(SESSION.sessionToken);
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-type;host');
    expect(verify(signed.url, signed)).toMatchObject({ ok: true });
    expect(verify(signed.url, { ...signed, body: 'abd' })).toMatchObject({ reason: 'mismatch' });
  });

  test('is good for 5 minutes, or as long as the call says', async () => {
    const inQuery = signer({ signatureIn: 'query' });
    const usual = await inQuery.sign({ method: 'GET', url: API });
    expect(verify(usual.url, usual, { now: NOW + 300_000 })).toMatchObject({ ok: true });
    expect(verify(usual.url, usual, { now: NOW + 301_000 })).toMatchObject({ reason: 'expired' });
    const short = await inQuery.sign({ method: 'GET', url: API }, { expiresIn: 1 });
    expect(verify(short.url, short, { now: NOW + 2000 })).toMatchObject({ reason: 'expired' });
  });

  test('replaces what an earlier signature left', async () => {
    const inQuery = signer({ signatureIn: 'query' });
    const once = await inQuery.sign({ method: 'GET', url: `${API}?a=b&X-Amz-Meta=mine` });
    expect(await inQuery.sign(once)).toEqual(once);
    expect(new URL((await signer().sign(once)).url).search).toBe('?a=b&X-Amz-Meta=mine');
  });
});

describe('presign', () => {
  test('makes a link for GET that lasts 15 minutes', async () => {
    const url = await signer().presign(`${API}?q=a b`);
    expect(url).toBeInstanceOf(URL);
    expect(verify(url.href)).toMatchObject({ ok: true });
    expect(verify(url.href, {}, { now: NOW + 901_000 })).toMatchObject({ reason: 'expired' });
    expect(verify(url.href, { method: 'POST' })).toMatchObject({ reason: 'mismatch' });
  });

  test('signs another method, with headers that must be sent as they were signed', async () => {
    const headers = { 'content-type': 'image/png', 'x-amz-meta-a': 'b' };
    const url = await signer().presign(
      { method: 'put', url: API, headers },
      { expiresIn: 604_800 },
    );
    expect(verify(url.href, { method: 'PUT', headers })).toMatchObject({ ok: true });
    expect(verify(url.href, { method: 'PUT' })).toMatchObject({ reason: 'mismatch' });
  });

  test('signs the URL of a WebSocket', async () => {
    const url = await signer().presign('wss://abc123.execute-api.eu-west-1.amazonaws.com/prod');
    expect(url.protocol).toBe('wss:');
    expect(verify(url.href)).toMatchObject({ ok: true });
    await expect(
      signer().presign('ws://abc123.execute-api.eu-west-1.amazonaws.com/prod'),
    ).rejects.toMatchObject({
      code: 'ERR_SIGV4_INSECURE',
    });
    await expect(
      signer().sign({ method: 'GET', url: 'wss://abc123.execute-api.eu-west-1.amazonaws.com/' }),
    ).rejects.toMatchObject({
      code: 'ERR_SIGV4_URL',
    });
  });

  test('puts the token of IoT Core behind the signature, unsigned', async () => {
    const url = await signer().presign('wss://abc-ats.iot.eu-west-1.amazonaws.com/mqtt');
    expect([...url.searchParams.keys()].slice(-2)).toEqual([
      'X-Amz-Security-Token',
      'X-Amz-Signature',
    ]);
    expect(verify(url.href, {}, { service: 'iotdevicegateway' })).toMatchObject({ ok: true });
  });

  test('lets S3 take any body and response overrides, and encodes the key once', async () => {
    const url = await signer({ service: 's3', region: 'eu-west-1' }).presign(
      'https://bucket.s3.eu-west-1.amazonaws.com/a//b c+ü.txt?response-content-disposition=attachment; filename="ü.txt"',
    );
    expect(url.pathname).toBe('/a//b%20c%2B%C3%BC.txt');
    expect(verify(url.href, { body: 'whatever' }, { service: 's3' })).toMatchObject({ ok: true });
  });

  test.each([0, 604_801, 1.5, -1, Number.NaN, '60'])(
    'cannot be good for %j seconds',
    async (expiresIn) => {
      await expect(signer().presign(API, { expiresIn: expiresIn as number })).rejects.toThrow(
        /^expiresIn: expected a whole number of seconds from 1 to 604800/,
      );
    },
  );
});

describe('the payload', () => {
  test('is unsigned if the signer or the call says so, and that is sent', async () => {
    for (const sign of [
      () => signer({ payload: 'unsigned' }).sign({ method: 'POST', url: API, body: 'x' }),
      () => signer().sign({ method: 'POST', url: API, body: 'x' }, { payload: 'unsigned' }),
    ]) {
      const signed = await sign();
      expect(signed.headers['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD');
      expect(signed.canonicalRequest).toMatch(/UNSIGNED-PAYLOAD$/);
    }
  });

  test.each([
    ['s3', true, /^[0-9a-f]{64}$/],
    ['aoss', true, /^[0-9a-f]{64}$/],
    ['lambda', true, /^[0-9a-f]{64}$/],
    ['vpc-lattice-svcs', true, /^UNSIGNED-PAYLOAD$/],
    ['execute-api', false, /^$/],
  ])('%s: its hash is sent where the service needs it', async (service, sent, value) => {
    const signed = await signer({ service, region: 'eu-west-1' }).sign({
      method: 'POST',
      url: API,
      body: 'x',
    });
    expect('x-amz-content-sha256' in signed.headers).toBe(sent);
    expect(signed.headers['x-amz-content-sha256'] ?? '').toMatch(value);
    expect(verify(signed.url, signed, { service })).toMatchObject({ ok: true });
  });

  test('its hash is sent, or not, as the signer says', async () => {
    const asked = await signer({ contentSha256Header: true }).sign({ method: 'GET', url: API });
    expect(asked.headers).toHaveProperty('x-amz-content-sha256');
    const not = await signer({ service: 'lambda', contentSha256Header: false }).sign({
      method: 'GET',
      url: API,
    });
    expect(not.headers).not.toHaveProperty('x-amz-content-sha256');
    const s3 = await signer({
      service: 's3',
      region: 'eu-west-1',
      contentSha256Header: false,
    }).sign({
      method: 'GET',
      url: 'https://b.s3.eu-west-1.amazonaws.com/k',
    });
    // S3 refuses it.
    expect(verify(s3.url, s3, { service: 's3' })).toMatchObject({ ok: false });
  });
});

describe('the path', () => {
  test('of S3 is signed as it is', async () => {
    const s3 = signer({ service: 's3', region: 'eu-west-1' });
    const signed = await s3.sign({
      method: 'GET',
      url: 'https://b.s3.eu-west-1.amazonaws.com//a//b%20c/',
    });
    expect(signed.canonicalRequest.split('\n')[1]).toBe('//a//b%20c/');
    expect(verify(signed.url, signed, { service: 's3' })).toMatchObject({ ok: true });
  });

  test.each(['/a/../b', '/a/./b', '/..', '/a/%2e%2E/b', '/a/.', '/a\\..\\b', '/a/.\t./b'])(
    'of S3 with dot segments, %s, is refused',
    async (path) => {
      const s3 = signer({ service: 's3', region: 'eu-west-1' });
      await expect(
        s3.sign({ method: 'GET', url: `https://b.s3.eu-west-1.amazonaws.com${path}?a=/../` }),
      ).rejects.toMatchObject({
        code: 'ERR_SIGV4_URL',
        message: expect.stringContaining('segment'),
      });
    },
  );

  test('is normalised or not as the signer says', async () => {
    const url = 'https://b.example//a//b%20c';
    const as = async (options: Partial<SignerOptions>): Promise<string | undefined> =>
      (
        await signer({ region: 'eu-west-1', ...options }).sign({ method: 'GET', url })
      ).canonicalRequest.split('\n')[1];
    expect(await as({})).toBe('/a/b%2520c');
    expect(await as({ normalizePath: false })).toBe('//a//b%2520c');
    expect(await as({ service: 's3', normalizePath: true })).toBe('/a/b%20c');
  });
});

test.each([
  [{ signatureIn: 'body' }, /^signatureIn: expected 'header' or 'query', got "body"/],
  [{ payload: 'none' }, /^payload: expected 'signed' or 'unsigned', got "none"/],
  [{ contentSha256Header: 'yes' }, /^contentSha256Header: expected true or false/],
  [{ normalizePath: 0 }, /^normalizePath: expected true or false/],
  [{ engine: {} }, /^engine: expected an engine such as smithyEngine\(\)/],
])('%j is refused', (options, message) => {
  expect(() => createSigner({ credentials: SESSION, ...options } as SignerOptions)).toThrow(
    message,
  );
});

test.each(['s3', 's3express', 's3-outposts', 's3-object-lambda'])(
  '%s has the rules of S3',
  async (service) => {
    const signed = await signer({ service, region: 'eu-west-1' }).sign({
      method: 'GET',
      url: 'https://x.example//a%20b',
    });
    expect(signed.canonicalRequest).toContain('GET\n//a%20b\n');
    expect(verify(signed.url, signed, { service })).toMatchObject({ ok: true });
  },
);

test('a region set is refused wherever one region is signed', async () => {
  const message = /^region: '\*' is a region set/;
  const request = { method: 'GET', url: 'https://x.example/' };
  for (const options of [
    { engine: smithyEngine() },
    { algorithm: 'sigv4' },
    { algorithm: 'sigv4', signatureIn: 'query' },
  ] as const) {
    await expect(signer({ region: '*', ...options }).sign(request)).rejects.toThrow(message);
  }
  const upload = { ...request, method: 'PUT', contentLength: 0, body: new Blob().stream() };
  await expect(signChunkedUpload(upload, { credentials: SESSION, region: '*' })).rejects.toThrow(
    message,
  );
});

test('a presigned URL lasts 15 minutes to the second', async () => {
  for (const options of [undefined, {}, { expiresIn: undefined as never }]) {
    const { searchParams } = await signer().presign(API, options);
    expect(searchParams.get('X-Amz-Expires')).toBe('900');
  }
});

test('what a SigV4a signature left in a query is dropped', async () => {
  const old = await signer({ algorithm: 'sigv4a', region: '*' }).presign(API);
  expect((await signer().presign(old)).searchParams.has('X-Amz-Region-Set')).toBe(false);
});
