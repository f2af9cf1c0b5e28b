import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { signChunkedUpload, type SignedUpload, type SignerOptions } from '@sigv4/signer';
import { startLocalAws } from '@sigv4/testing';

import { allow, CALLER, OWN } from '../world.ts';
import { type Aws, OBJECTS, start, send, answerOf, byName, signerOf } from './bucket-calls.ts';

describe('an object', () => {
  test.each<[string, number, string, string | null]>([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=-100', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-2', 200, '0123456789', null],
    ['bytes=0-1,3-4', 200, '0123456789', null],
    ['pages=1-2', 200, '0123456789', null],
  ])('the range %s', async (range, status, body, contentRange) => {
    await using aws = await start({ objects: OBJECTS });
    const answer = await send(aws, '/a.txt', { headers: { range } });
    expect([answer.status, answer.text]).toEqual([status, body]);
    expect(answer.headers.get('content-range')).toBe(contentRange);
  });

  test('a range beyond its end, and each condition', async () => {
    await using aws = await start({ objects: OBJECTS });
    const etag = aws.buckets.photos.objects.get('a.txt')?.etag ?? '';
    const before = new Date(aws.clock.now() - 60_000).toUTCString();
    const after = new Date(aws.clock.now() + 60_000).toUTCString();
    const cases: [Record<string, string>, number, string | undefined][] = [
      [{ range: 'bytes=10-' }, 416, 'InvalidRange'],
      [{ 'if-match': etag }, 200, undefined],
      [{ 'if-match': '"x"' }, 412, 'PreconditionFailed'],
      [{ 'if-none-match': etag }, 304, undefined],
      [{ 'if-none-match': '"x", "y"' }, 200, undefined],
      [{ 'if-modified-since': before }, 200, undefined],
      [{ 'if-modified-since': after }, 304, undefined],
      [{ 'if-unmodified-since': before }, 412, 'PreconditionFailed'],
      [{ 'if-unmodified-since': after }, 200, undefined],
    ];
    for (const [headers, status, code] of cases) {
      const answer = await send(aws, '/a.txt', { headers });
      expect([headers, answer.status, answer.code]).toEqual([headers, status, code]);
    }
    const put = await send(aws, '/a.txt', {
      method: 'PUT',
      body: 'x',
      headers: { 'if-none-match': '*' },
    });
    expect([put.status, put.code]).toEqual([412, 'PreconditionFailed']);
  });

  test('any key and any bytes come back as they were', async () => {
    await using aws = await start();
    const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        fc.string(),
        async (segments, body) => {
          const key = segments.join('/');
          // URL parsers take these for something else, so no client can send them.
          fc.pre(
            !key.split('/').some((one) => /^\.{1,2}$/.test(one)) && Buffer.byteLength(key) < 900,
          );
          const path = `/${segments.map((one) => encodeURIComponent(one)).join('/')}`;
          const put = await send(aws, path, { method: 'PUT', body });
          expect(put.status).toBe(200);
          expect(aws.buckets.photos.objects.has(key)).toBe(true);
          expect((await send(aws, path)).text).toBe(Buffer.from(body).toString());
          expect((await send(aws, path, { method: 'DELETE' })).status).toBe(204);
          expect(aws.buckets.photos.objects.size).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each<[string, Record<string, string>, string]>([
    ['a wrong MD5', { 'content-md5': 'XrY7u+Ae7tCTyyK7j1rNww==' }, 'BadDigest'],
    ['no MD5', { 'content-md5': 'hello' }, 'InvalidDigest'],
    ['a wrong checksum', { 'x-amz-checksum-crc32': 'AAAAAA==' }, 'BadDigest'],
    ['a public ACL', { 'x-amz-acl': 'public-read' }, 'AccessControlListNotSupported'],
    ['a tag', { 'x-amz-tagging': 'a=b' }, 'NotImplemented'],
    ['a copy', { 'x-amz-copy-source': '/photos/a.txt' }, 'NotImplemented'],
  ])('with %s is not taken', async (_name, headers, code) => {
    await using aws = await start();
    const put = await send(aws, '/a.txt', { method: 'PUT', body: 'hello', headers });
    expect(put.code).toBe(code);
    expect(aws.buckets.photos.objects.size).toBe(0);
  });

  test('stays within the bound of its bucket, and the error names it', async () => {
    await using aws = await start({ maxBytes: 20, objects: OBJECTS });
    expect((await send(aws, '/b', { method: 'PUT', body: '0123456789' })).status).toBe(200);
    const full = await send(aws, '/c', { method: 'PUT', body: 'x' });
    expect([full.status, full.code]).toEqual([400, 'LocalBucketFull']);
    expect(full.text).toMatch(
      /photos may have 20 bytes together.* 21\. Set maxBytes of the bucket/,
    );
    expect(aws.requests.at(-1)?.failure).toMatch(/may have 20 bytes/);
    // What takes the place of another, or of what was deleted, has room.
    expect((await send(aws, '/b', { method: 'PUT', body: 'x' })).status).toBe(200);
    expect((await send(aws, '/a.txt', { method: 'DELETE' })).status).toBe(204);
    expect((await send(aws, '/c', { method: 'PUT', body: '0123456789012345678' })).status).toBe(
      200,
    );
  });
});

describe('uploads in chunks', () => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < 5; at += 1) yield Buffer.alloc(10_000, `${at}`);
  }
  const payload = '01234'.replaceAll(/\d/g, (digit) => digit.repeat(10_000));

  const checksum = createHash('sha256').update(payload).digest('base64');

  function sign(aws: Aws, withTrailer: boolean, value = checksum): Promise<SignedUpload> {
    return signChunkedUpload(
      {
        method: 'PUT',
        url: `${aws.buckets.photos.url}/large`,
        headers: { 'content-type': 'text/plain' },
        body: pieces(),
        contentLength: 50_000,
        ...(withTrailer && {
          trailer: { name: 'x-amz-checksum-sha256', length: 44, value: () => value },
        }),
      },
      {
        credentials: aws.credentialsOf(CALLER),
        region: aws.region,
        chunkSize: 8192,
        now: aws.clock.now,
      },
    );
  }

  test('a trailer that is not the checksum of what came is refused', async () => {
    await using aws = await start();
    const wrong = checksum.replace(/^./, checksum.startsWith('A') ? 'B' : 'A');
    const { url, ...init } = await sign(aws, true, wrong);
    const answer = await answerOf(await fetch(url, { ...init, duplex: 'half' } as RequestInit));
    expect([answer.status, answer.code]).toEqual([400, 'BadDigest']);
    expect(aws.buckets.photos.objects.size).toBe(0);
  });

  test.each([true, false])('signed, with a trailer: %s', async (withTrailer) => {
    await using aws = await start();
    const { url, ...init } = await sign(aws, withTrailer);
    const put = await answerOf(await fetch(url, { ...init, duplex: 'half' } as RequestInit));
    expect([put.status, put.text]).toEqual([200, '']);
    const object = aws.buckets.photos.objects.get('large');
    expect(Buffer.from(object?.body ?? []).toString()).toBe(payload);
    expect(object?.headers).toEqual({ 'Content-Type': 'text/plain' });

    const { url: to, body, ...rest } = await sign(aws, withTrailer);
    const bytes = Buffer.from(await new Response(body).arrayBuffer());
    bytes.write('x', 20_000);
    const answer = await answerOf(await fetch(to, { ...rest, body: bytes }));
    expect([answer.status, answer.code]).toEqual([403, 'SignatureDoesNotMatch']);
    const short = await answerOf(
      await fetch(to, {
        method: 'PUT',
        headers: { ...rest.headers, 'content-length': '100' },
        body: bytes.subarray(0, 100),
      }),
    );
    expect([short.status, short.code]).toEqual([400, 'IncompleteBody']);
  });
});

describe('host names', () => {
  test.each([
    ['https://photos.s3.eu-west-1.amazonaws.com/a.txt', 200],
    ['https://photos.s3.dualstack.eu-west-1.amazonaws.com/a.txt', 200],
    ['https://photos.s3.amazonaws.com/a.txt', 200],
    ['https://s3.eu-west-1.amazonaws.com/photos/a.txt', 200],
    ['https://s3.amazonaws.com/photos/a.txt', 301],
    ['https://s3.us-east-1.amazonaws.com/photos/a.txt', 301],
    ['https://photos.s3.us-east-1.amazonaws.com/a.txt', 301],
    ['https://s3.eu-west-1.amazonaws.com/others/a.txt', 404],
  ])('%s: %i', async (url, status) => {
    await using aws = await start({ objects: OBJECTS });
    const signed = await signerOf(aws).sign({ method: 'GET', url });
    const answer = await byName(aws, url, signed);
    expect(answer.status).toBe(status);
    if (status !== 301) return;
    expect(answer.headers.get('x-amz-bucket-region')).toBe('eu-west-1');
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.text).toMatch(
      /<Code>PermanentRedirect<[^]*<Endpoint>(?:photos\.)?s3\.eu-west-1\.amazonaws\.com<\/Endpoint>/,
    );
    const head = await byName(aws, url, { ...signed, method: 'HEAD' });
    expect([head.status, head.text]).toEqual([301, '']);
    expect(head.headers.get('x-amz-bucket-region')).toBe('eu-west-1');
  });

  test('the alias of a Multi-Region Access Point takes SigV4a, and asks for both permissions', async () => {
    const multiRegionAccessPoint = 'mfzwi23gnjvgw.mrap';
    const host = `${multiRegionAccessPoint}.accesspoint.s3-global.amazonaws.com`;
    const point = `arn:aws:s3::${OWN}:accesspoint/${multiRegionAccessPoint}`;
    await using aws = await startLocalAws({
      accounts: {
        [OWN]: {
          users: {
            both: {
              policies: [
                allow('s3:*', 'arn:aws:s3:::photos/*'),
                allow('s3:*', `${point}/object/*`),
              ],
            },
            'only-bucket': { policies: [allow('s3:*', 'arn:aws:s3:::photos/*')] },
          },
        },
      },
      buckets: { photos: { account: OWN, multiRegionAccessPoint, objects: OBJECTS } },
    });
    const url = `https://${host}/a.txt`;
    const get = async (user: string, more: Partial<SignerOptions>) =>
      byName(
        aws,
        url,
        await signerOf(aws, `arn:aws:iam::${OWN}:user/${user}`, more).sign({ method: 'GET', url }),
      );
    const v4a = { algorithm: 'sigv4a', region: '*' } as const;
    expect(await get('both', v4a)).toMatchObject({ status: 200, text: '0123456789' });
    const bucketOnly = await get('only-bucket', v4a);
    expect(bucketOnly.status).toBe(403);
    expect(bucketOnly.text).toContain(`on resource: "${point}/object/a.txt"`);
    const v4 = await get('both', {});
    expect([v4.status, /<Message>(.*)</.exec(v4.text)?.[1]]).toEqual([
      400,
      'The authorization mechanism you have provided is not supported. Please use AWS4-ECDSA-P256-SHA256.',
    ]);
  });
});

test('faults are those of S3', async () => {
  await using aws = await start({ objects: OBJECTS });
  aws.faults.next(1, { throttled: true }, { service: 's3' });
  expect(await send(aws, '/a.txt')).toMatchObject({ status: 503, code: 'SlowDown' });
  aws.faults.next(1, { status: 500 }, { service: 's3' });
  expect(await send(aws, '/a.txt')).toMatchObject({ status: 500, code: 'InternalError' });
  expect((await send(aws, '/a.txt')).status).toBe(200);
});

test('two local AWSs do not see each other', async () => {
  await using one = await start({ objects: OBJECTS });
  await using other = await start();
  expect((await send(other, '/a.txt')).code).toBe('NoSuchKey');
  const stolen = await send(other, '/a.txt', {}, { credentials: one.credentialsOf(CALLER) });
  expect(stolen.code).toBe('InvalidAccessKeyId');
});

test('what it does not have is an error that names it', async () => {
  await using aws = await start();
  for (const [method, path, what] of [
    ['POST', '/a?uploads', 'POST of ?uploads'],
    ['GET', '/a?tagging', 'GET of ?tagging'],
    ['GET', '?prefix=a', 'ListObjects of version 1'],
    ['PUT', '', 'PUT of a bucket'],
  ] as const) {
    const answer = await send(aws, path, { method });
    expect([answer.status, answer.code]).toEqual([501, 'NotImplemented']);
    expect(answer.text).toContain(`This local AWS does not implement ${what}`);
  }
});
