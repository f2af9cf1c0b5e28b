import { createHash, createHmac, createPublicKey, verify as verifyEcdsa } from 'node:crypto';

import { SignatureV4a } from '@smithy/signature-v4a';
import { describe, expect, test } from 'vitest';

import { createSigner, type SignerOptions } from '@sigv4/signer';
import { sigv4aEngine } from '@sigv4/signer/sigv4a';
import { smithyEngine } from '@sigv4/signer/smithy';
import { sigv4aPublicKey } from '@sigv4/testing';

import { ecdsa as nodeEcdsa } from '../src/platform/ecdsa-node.ts';
import { ecdsa as webEcdsa } from '../src/platform/ecdsa-web.ts';
import { derivePrivateKey } from '../src/signature/sigv4a.ts';
import { API, CREDENTIALS, NOW, SESSION, testSigner, verify } from './fixtures.ts';

const signer = (options: Partial<SignerOptions> = {}): ReturnType<typeof testSigner> =>
  testSigner({ credentials: SESSION, algorithm: 'sigv4a', ...options });

test("the key is AWS's: that of its test suite (aws-sig-v4a-test-suite, public-key.json)", () => {
  const { x = '', y = '' } = sigv4aPublicKey(
    CREDENTIALS.accessKeyId,
    CREDENTIALS.secretAccessKey,
  ).export({ format: 'jwk' });
  expect(Buffer.from(x, 'base64url').toString('hex')).toBe(
    'b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1',
  );
  expect(Buffer.from(y, 'base64url').toString('hex')).toBe(
    '865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518',
  );
});

test('the texts are those of the suite: get-vanilla', async () => {
  const signed = await createSigner({
    credentials: CREDENTIALS,
    service: 'service',
    region: 'us-east-1',
    algorithm: 'sigv4a',
  }).sign(
    { method: 'GET', url: 'https://example.amazonaws.com/' },
    { date: new Date('2015-08-30T12:36:00Z') },
  );
  expect(signed.canonicalRequest).toBe(
    'GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\nx-amz-region-set:us-east-1\n\nhost;x-amz-date;x-amz-region-set\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(signed.stringToSign).toMatch(
    /^AWS4-ECDSA-P256-SHA256\n20150830T123600Z\n20150830\/service\/aws4_request\n[0-9a-f]{64}$/,
  );
  expect(signed.headers['authorization']).toMatch(
    /^AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE\/20150830\/service\/aws4_request, SignedHeaders=host;x-amz-date;x-amz-region-set, Signature=30[0-9a-f]+$/,
  );
});

describe('a signature', () => {
  test.each(['*', 'eu-west-1', 'us-east-1,eu-west-1'])(
    'for %s is good in eu-west-1',
    async (region) => {
      const { url, method, headers } = await signer({ region }).sign({
        method: 'GET',
        url: `${API}?a=b`,
      });
      expect(headers['x-amz-region-set']).toBe(region);
      expect(verify(url, { method, headers }, { region: 'eu-west-1' })).toMatchObject({ ok: true });
      expect(verify(url, { method, headers }, { region: 'ap-south-1' })).toMatchObject(
        region === '*' ? { ok: true } : { reason: 'wrong-scope' },
      );
      expect(verify(`${url}c`, { method, headers }, { region: 'eu-west-1' })).toMatchObject({
        reason: 'mismatch',
      });
    },
  );

  test('goes into a query and a presigned URL too', async () => {
    const inQuery = await signer({ region: '*', signatureIn: 'query' }).sign({
      method: 'GET',
      url: API,
    });
    const presigned = await signer({ region: '*' }).presign(API);
    for (const url of [inQuery.url, presigned.href]) {
      expect(new URL(url).searchParams.get('X-Amz-Region-Set')).toBe('*');
      expect(verify(url, { method: 'GET' }, { region: 'eu-west-1' })).toMatchObject({ ok: true });
      expect(
        verify(
          url.replace('Region-Set=%2A', 'Region-Set=us-east-1'),
          { method: 'GET' },
          { region: 'us-east-1' },
        ),
      ).toMatchObject({ reason: 'mismatch' });
    }
  });

  test('of a multi-region access point is one without being asked', async () => {
    const url = 'https://mfzwi23gnjvgw.accesspoint.s3-global.amazonaws.com/key';
    const { headers } = await testSigner({ credentials: SESSION }).sign({ method: 'GET', url });
    expect(headers['authorization']).toMatch(/^AWS4-ECDSA-P256-SHA256 .*\/s3\/aws4_request,/);
    expect(
      verify(url, { method: 'GET', headers }, { region: 'eu-west-1', service: 's3' }),
    ).toMatchObject({ ok: true });
  });

  test.each(['*', 'us-east-1,eu-west-1'])('of the region set %s is one too', async (region) => {
    const { headers } = await testSigner({ credentials: SESSION, region }).sign({
      method: 'GET',
      url: API,
    });
    expect(headers['authorization']).toMatch(/^AWS4-ECDSA-P256-SHA256 /);
    expect(headers['x-amz-region-set']).toBe(region);
  });

  test('replaces what an earlier one left', async () => {
    const once = await signer({ region: '*' }).sign({ method: 'GET', url: API });
    const { headers } = await testSigner().sign(once);
    expect(headers).not.toHaveProperty('x-amz-region-set');
  });

  test("is as AWS's own SigV4a signer makes it, but for ECDSA's randomness", async () => {
    const signed = await signer({ region: '*', service: 'service' }).sign({
      method: 'GET',
      url: 'https://x.example/a?b=c',
    });
    const smithy = new SignatureV4a({
      credentials: SESSION,
      service: 'service',
      region: '*',
      applyChecksum: false,
      sha256: Sha256,
    });
    const theirs = await smithy.sign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname: 'x.example',
        path: '/a',
        query: { b: 'c' },
        headers: { host: 'x.example' },
      },
      { signingDate: new Date(NOW) },
    );
    delete theirs.headers['host'];
    const unsigned = (authorization = ''): string => authorization.replace(/Signature=.*/, '');
    expect(unsigned(theirs.headers['authorization'])).toBe(
      unsigned(signed.headers['authorization']),
    );
    expect(
      verify(
        'https://x.example/a?b=c',
        { method: 'GET', headers: theirs.headers },
        { region: 'eu-west-1', service: 'service' },
      ),
    ).toMatchObject({
      ok: true,
      stringToSign: signed.stringToSign,
    });
  });
});

/** In the form that smithy takes. */
class Sha256 {
  readonly #hash;
  constructor(secret?: unknown) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

test.each([
  ['node:crypto', nodeEcdsa],
  ['WebCrypto', webEcdsa],
])('%s makes signatures that anyone can verify with the public key', async (_name, ecdsa) => {
  const scalar = await derivePrivateKey(SESSION.accessKeyId, SESSION.secretAccessKey);
  const key = await ecdsa.importKey(scalar);
  const publicKey = createPublicKey(
    sigv4aPublicKey(SESSION.accessKeyId, SESSION.secretAccessKey).export({
      format: 'pem',
      type: 'spki',
    }),
  );
  // Enough for r and s to begin with zero and with high bits.
  for (let n = 0; n < 600; n += 1) {
    const signature = Buffer.from(await ecdsa.sign(key as never, `text ${n}`), 'hex');
    expect(verifyEcdsa('sha256', Buffer.from(`text ${n}`), publicKey, signature)).toBe(true);
  }
});

test.each<[Partial<SignerOptions>, RegExp]>([
  [{ algorithm: 'sigv5' as never }, /^algorithm: expected 'sigv4' or 'sigv4a'/],
  [{ engine: smithyEngine() }, /^algorithm: 'sigv4a' is not what this engine makes/],
  [
    { algorithm: 'sigv4', engine: sigv4aEngine() },
    /^algorithm: 'sigv4' is not what this engine makes/,
  ],
  [{ region: 'eu-west-1;' }, /^region: expected/],
])('%j is refused', (options, message) => {
  expect(() => signer(options)).toThrow(message);
});

test('a region set takes sigv4a', async () => {
  await expect(
    signer({ algorithm: 'sigv4', region: '*' }).sign({ method: 'GET', url: API }),
  ).rejects.toThrow(/^region: '\*' is a region set/);
});

test('another secret of the same key is another key', async () => {
  let secretAccessKey = SESSION.secretAccessKey;
  const rotating = signer({
    region: '*',
    credentials: async () => ({ ...SESSION, secretAccessKey }),
  });
  await rotating.sign({ method: 'GET', url: API });
  secretAccessKey = 'another';
  const { url, method, headers } = await rotating.sign({ method: 'GET', url: API });
  expect(verify(url, { method, headers }, { region: 'eu-west-1' })).toMatchObject({
    reason: 'mismatch',
  });
});
