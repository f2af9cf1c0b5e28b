import { crc32 } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { signChunkedUpload, type ChunkedUpload, type ChunkedUploadOptions } from '@sigv4/signer';
import { verifySignature, type Verdict } from '@sigv4/testing';

import { NOW, SESSION } from './fixtures.ts';

async function read(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  return Buffer.from(await new Response(stream).arrayBuffer());
}

function signaturesIn(body: Buffer): string[] {
  return [
    ...body.toString('latin1').matchAll(/(?:chunk-signature=|trailer-signature:)([0-9a-f]{64})/g),
  ].map(([, s = '']) => s);
}

// The worked examples of the Amazon S3 API Reference:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
describe('the AWS documents', () => {
  const options: ChunkedUploadOptions = {
    credentials: {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    },
    region: 'us-east-1',
    now: () => Date.UTC(2013, 4, 24),
  };
  const upload: ChunkedUpload = {
    method: 'PUT',
    url: 'https://s3.amazonaws.com/examplebucket/chunkObject.txt',
    headers: { 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    contentLength: 66_560,
    body: new Blob(['a'.repeat(66_560)]).stream(),
  };

  test('are matched without a trailer', async () => {
    const signed = await signChunkedUpload(upload, { ...options, signHeaders: ['content-length'] });
    expect(signed.signature).toBe(
      '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    );
    expect(signed.headers['content-length']).toBe('66824');
    const body = await read(signed.body);
    expect(body).toHaveLength(66_824);
    expect(signaturesIn(body)).toEqual([
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ]);
  });

  test('are matched with a trailer', async () => {
    const trailer = { name: 'x-amz-checksum-crc32c', length: 8, value: () => 'sOO8/Q==' };
    const body = new Blob(['a'.repeat(66_560)]).stream();
    const signed = await signChunkedUpload({ ...upload, body, trailer }, options);
    expect(signed.signature).toBe(
      '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    );
    const wire = await read(signed.body);
    expect(signaturesIn(wire)).toEqual([
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
    ]);
    expect(wire).toHaveLength(Number(signed.headers['content-length']));
  });
});

const OPTIONS: ChunkedUploadOptions = {
  credentials: SESSION,
  region: 'eu-west-1',
  now: () => NOW,
  chunkSize: 8192,
};
const URL_OF_KEY = 'https://bucket.s3.eu-west-1.amazonaws.com/a//b c.txt';

async function* parts(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function sent(
  bytes: Uint8Array,
  partSize: number,
  more: Partial<ChunkedUpload> = {},
): Promise<{ headers: Record<string, string>; url: string; body: Buffer }> {
  const upload = {
    method: 'PUT',
    url: URL_OF_KEY,
    contentLength: bytes.length,
    body: parts(bytes, partSize),
    ...more,
  };
  const signed = await signChunkedUpload(upload, OPTIONS);
  return { headers: signed.headers, url: signed.url, body: await read(signed.body) };
}

function verify({ headers, url, body }: Awaited<ReturnType<typeof sent>>): Verdict {
  const { origin, host } = new URL(url);
  return verifySignature(
    {
      method: 'PUT',
      target: url.slice(origin.length),
      rawHeaders: [['Host', host], ...Object.entries(headers)],
      body,
    },
    { keys: () => SESSION, service: 's3', region: 'eu-west-1', now: () => NOW },
  );
}

test('the verifier agrees, whatever the length and the parts are, and with nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 20_000, size: 'max' }),
      fc.integer({ min: 1, max: 9000 }),
      fc.boolean(),
      fc.nat(),
      async (bytes, partSize, hasTrailer, where) => {
        const checksum = Buffer.from(crc32(bytes).toString(16).padStart(8, '0'), 'hex').toString(
          'base64',
        );
        const trailer = hasTrailer
          ? { trailer: { name: 'X-Amz-Checksum-Crc32', length: 8, value: async () => checksum } }
          : {};
        const upload = await sent(bytes, partSize, trailer);
        expect(upload.body).toHaveLength(Number(upload.headers['content-length']));
        expect(verify(upload)).toMatchObject({ ok: true });
        const changed = Buffer.from(upload.body);
        const at = where % changed.length;
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(verify({ ...upload, body: changed })).toMatchObject({ ok: false });
      },
    ),
    { numRuns: 200 },
  );
});

test('a content encoding of the caller stays behind ours, and is signed', async () => {
  const upload = await sent(new Uint8Array(3), 3, { headers: { 'content-encoding': 'gzip' } });
  expect(upload.headers['content-encoding']).toBe('aws-chunked,gzip');
  expect(verify(upload)).toMatchObject({ ok: true });
});

test.each([
  [2, /said to have 2 bytes, and has more/],
  [4, /said to have 4 bytes, and has 3/],
])('a body of 3 bytes that was said to have %i fails', async (contentLength, message) => {
  await expect(sent(new Uint8Array(3), 1, { contentLength })).rejects.toMatchObject({
    code: 'ERR_SIGV4_BODY',
    message: expect.stringMatching(message),
  });
});

test('a trailer that is not as long as it was said to be fails', async () => {
  const trailer = { name: 'x-amz-checksum-crc32', length: 8, value: () => 'AA==' };
  await expect(sent(new Uint8Array(3), 1, { trailer })).rejects.toMatchObject({
    code: 'ERR_SIGV4_BODY',
  });
});

function endless(): { body: AsyncIterable<Uint8Array>; state: { isReleased: boolean } } {
  const state = { isReleased: false };
  const body = (async function* () {
    try {
      for (;;) yield new Uint8Array(8192);
    } finally {
      state.isReleased = true;
    }
  })();
  return { body, state };
}

test('a body that is no longer wanted is let go', async () => {
  const { body, state } = endless();
  const signed = await signChunkedUpload(
    { method: 'PUT', url: URL_OF_KEY, contentLength: 1e9, body },
    OPTIONS,
  );
  const reader = signed.body.getReader();
  await reader.read();
  await reader.cancel();
  expect(state.isReleased).toBe(true);
});

test('a body that is longer than it was said to be is let go', async () => {
  const { body, state } = endless();
  const upload = { method: 'PUT', url: URL_OF_KEY, contentLength: 10_000, body };
  const signed = await signChunkedUpload(upload, OPTIONS);
  await expect(new Response(signed.body).arrayBuffer()).rejects.toThrow(/has more/);
  expect(state.isReleased).toBe(true);
});

test('others have their turn while chunks are made', async () => {
  const size = 8_388_608;
  const body = parts(new Uint8Array(size), 65_536);
  const upload = { method: 'PUT', url: URL_OF_KEY, contentLength: size, body };
  const signed = await signChunkedUpload(upload, OPTIONS);
  let turns = 0;
  const watch = (): void => {
    turns += 1;
    immediate = setImmediate(watch);
  };
  let immediate = setImmediate(watch);
  await new Response(signed.body).arrayBuffer();
  clearImmediate(immediate);
  // One after each half MiB, give or take.
  expect(turns).toBeGreaterThan(8);
});

test.each([
  [{ contentLength: -1 }, {}, /^contentLength: expected a whole number/],
  [{ contentLength: '3' }, {}, /^contentLength/],
  [{}, { chunkSize: 8191 }, /^chunkSize: expected a whole number of bytes from 8192/],
  [{ trailer: { name: 'a b', length: 1, value: () => '' } }, {}, /^trailer: expected/],
  [{ trailer: { name: 'a', length: 0, value: () => '' } }, {}, /^trailer.length/],
  [{}, { regoin: 'x' }, /^regoin: there is no such option/],
])('%j %j is refused', async (upload, options, message) => {
  const whole = {
    method: 'PUT',
    url: URL_OF_KEY,
    contentLength: 3,
    body: parts(new Uint8Array(3), 1),
    ...upload,
  } as ChunkedUpload;
  await expect(signChunkedUpload(whole, { ...OPTIONS, ...options })).rejects.toThrow(message);
});

test('the service is that of the host, unless it is named', async () => {
  const scopeAt = async (
    url: string,
    options: Partial<ChunkedUploadOptions> = {},
  ): Promise<string | undefined> => {
    const upload = { method: 'PUT', url, contentLength: 0, body: new Blob().stream() };
    const { headers } = await signChunkedUpload(upload, { ...OPTIONS, ...options });
    return /\/eu-west-1\/([^/]+)\//.exec(headers['authorization'] ?? '')?.[1];
  };
  expect(await scopeAt('https://b--x-s3.s3express-euw1-az1.eu-west-1.amazonaws.com/k')).toBe(
    's3express',
  );
  expect(await scopeAt('https://objects.example/k')).toBe('s3');
  expect(await scopeAt('https://objects.example/k', { service: undefined })).toBe('s3');
  expect(await scopeAt(URL_OF_KEY, { service: 's3-outposts' })).toBe('s3-outposts');
});

test('a stream that stalls can be let go', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: () => new Promise(() => {}),
    cancel: () => {
      cancelled = true;
    },
  });
  const signed = await signChunkedUpload(
    { method: 'PUT', url: URL_OF_KEY, contentLength: 3, body },
    OPTIONS,
  );
  const reader = signed.body.getReader();
  const reading = reader.read();
  await reader.cancel();
  await reading;
  expect(cancelled).toBe(true);
});

test.each(['a\r\nx: y', 'ü', ''])('a trailer that is %j is refused', async (value) => {
  const trailer = {
    name: 'x-amz-checksum-crc32',
    length: Math.max(value.length, 1),
    value: () => value,
  };
  await expect(sent(new Uint8Array(3), 1, { trailer })).rejects.toMatchObject({
    code: 'ERR_SIGV4_BODY',
  });
});

test('what the caller says of chunks and trailers is replaced', async () => {
  const headers = { 'content-encoding': 'aws-chunked, gzip', 'x-amz-trailer': 'stray' };
  const upload = await sent(new Uint8Array(3), 3, { headers });
  expect(upload.headers['content-encoding']).toBe('aws-chunked, gzip');
  expect(upload.headers).not.toHaveProperty('x-amz-trailer');
  expect(verify(upload)).toMatchObject({ ok: true });
});

test.each([
  [new Uint16Array([1, 2]), /pieces that are Uint8Arrays/],
  ['text', /pieces that are Uint8Arrays/],
])('pieces that are no bytes are refused', async (piece, message) => {
  const body = (async function* () {
    yield piece as unknown as Uint8Array;
  })();
  await expect(sent(new Uint8Array(4), 4, { body })).rejects.toThrow(message);
});

test.each([null, 'text', {}, new Uint8Array(3)])(
  'a body that is no stream is refused: %j',
  async (body) => {
    const upload = { method: 'PUT', url: URL_OF_KEY, contentLength: 3, body: body as never };
    await expect(signChunkedUpload(upload, OPTIONS)).rejects.toMatchObject({
      code: 'ERR_SIGV4_BODY',
    });
  },
);
