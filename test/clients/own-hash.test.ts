import { createHash } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { signChunkedUpload, type SignerOptions } from '@sigv4/signer';

import { CLIENTS } from '../wire/clients.ts';
import { CREDENTIALS, header, REGION, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

const BODY = '{"a":"ü"}';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Row {
  /** What the caller's own `x-amz-content-sha256` says. */
  readonly own: string;
  readonly body?: string;
  readonly options?: Partial<SignerOptions>;
}

interface Heeded extends Row {
  /** What arrives, and what is signed. */
  readonly signed: string;
}

const S3 = { service: 's3' } as const;
const HEEDED: Readonly<Record<string, Heeded>> = {
  'the hash of the body': { own: sha256(BODY), body: BODY, signed: sha256(BODY) },
  'that hash in upper case': { own: sha256(BODY).toUpperCase(), body: BODY, signed: sha256(BODY) },
  'the hash of nothing, for no body': { own: sha256(''), signed: sha256('') },
  'the hash of the body, to S3': {
    own: sha256(BODY),
    body: BODY,
    options: S3,
    signed: sha256(BODY),
  },
  'UNSIGNED-PAYLOAD': {
    own: 'UNSIGNED-PAYLOAD',
    body: BODY,
    options: S3,
    signed: 'UNSIGNED-PAYLOAD',
  },
  'UNSIGNED-PAYLOAD, which the options say too': {
    own: 'UNSIGNED-PAYLOAD',
    body: BODY,
    options: { ...S3, payload: 'unsigned' },
    signed: 'UNSIGNED-PAYLOAD',
  },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': {
    own: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    body: '9\r\n{"a":"b"}\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
    options: S3,
    signed: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  },
};

const REFUSED: Readonly<Record<string, Row>> = {
  'the hash of another body': { own: sha256('x'), body: BODY },
  'a hash without a body': { own: sha256(BODY) },
  'the hash of nothing, with a body': { own: sha256(''), body: BODY },
  'nothing that it can be': { own: 'trusted blindly', body: BODY },
  'an empty value': { own: ' ', body: BODY },
  'a hash, and the options leave the body out': {
    own: sha256(BODY),
    body: BODY,
    options: { ...S3, payload: 'unsigned' },
  },
  'UNSIGNED-PAYLOAD, and the options do not': {
    own: 'UNSIGNED-PAYLOAD',
    body: BODY,
    options: { payload: 'signed' },
  },
  'a hash, to a service that takes none': {
    own: sha256(BODY),
    body: BODY,
    options: { service: 'vpc-lattice-svcs' },
  },
  'a hash, in a link of S3': {
    own: sha256(BODY),
    body: BODY,
    options: { ...S3, signatureIn: 'query' },
  },
};

describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
  const put = ({ own, body, options }: Row): Promise<number> =>
    make({ credentials: CREDENTIALS, region: REGION, ...options })(`${server.origin}/x`, {
      method: 'PUT',
      headers: { 'X-Amz-Content-Sha256': own, 'content-type': 'text/plain' },
      ...(body !== undefined && { body }),
    });

  test.each(Object.entries(HEEDED))('%s is sent and signed', async (_what, row) => {
    const { signed, options } = row;
    expect(await put(row)).toBe(200);
    const [request] = server.requests;
    expect(header(request, 'x-amz-content-sha256')).toBe(signed);
    expect(header(request, 'authorization')).toContain('x-amz-content-sha256');
    // The verifier reads no body that has a checksum behind it.
    const isVerified = signed.startsWith('STREAMING') || verdictOf(request, options?.service).ok;
    expect(isVerified).toBe(true);
  });

  test.each(Object.entries(REFUSED))('%s is refused', async (_what, row) => {
    await expect(put(row)).rejects.toThrow(/headers: x-amz-content-sha256 contradicts/);
    expect(server.requests).toEqual([]);
  });

  test('a hash that a signature of SigV4 left is replaced', async () => {
    const client = make({ credentials: CREDENTIALS, region: REGION, service: 's3' });
    const headers = {
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIDOLD/20260101/eu-west-1/s3/aws4_request',
      'x-amz-content-sha256': sha256('old'),
    };
    expect(await client(`${server.origin}/x`, { method: 'PUT', headers, body: BODY })).toBe(200);
    expect(header(server.requests[0], 'x-amz-content-sha256')).toBe(sha256(BODY));
    expect(verdictOf(server.requests[0], 's3')).toMatchObject({ ok: true });
  });

  test.each([307, 303])(
    'after a redirect by %i it counts for what is sent then',
    async (status) => {
      server.answers.push(`HTTP/1.1 ${status} Moved\r\nlocation: /y`);
      const client = make({ credentials: CREDENTIALS, region: REGION, service: 's3' });
      const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
      expect(await client(`${server.origin}/x`, { method: 'PUT', headers, body: BODY })).toBe(200);
      const [, second] = server.requests;
      const expected = status === 307 ? 'UNSIGNED-PAYLOAD' : sha256('');
      expect(header(second, 'x-amz-content-sha256')).toBe(expected);
      expect(verdictOf(second, 's3')).toMatchObject({ ok: true });
    },
  );
});

describe('an upload in chunks', () => {
  const sign = (own: string): Promise<unknown> =>
    signChunkedUpload(
      {
        method: 'PUT',
        url: 'https://b.s3.eu-west-1.amazonaws.com/k',
        headers: { 'x-amz-content-sha256': own },
        contentLength: 0,
        body: new Blob().stream(),
      },
      { credentials: CREDENTIALS },
    );

  test('takes the word that it sends by itself, and no other', async () => {
    await expect(sign('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')).resolves.toBeDefined();
    for (const own of [sha256(''), 'UNSIGNED-PAYLOAD']) {
      await expect(sign(own)).rejects.toThrow(/^headers: x-amz-content-sha256 is STREAMING-/);
    }
  });
});
