import { Readable } from 'node:stream';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, test } from 'vitest';

import { startLocalAws, type LocalAws, type LocalAwsOptions } from '@sigv4/testing';

import { CALLER, INTERN, OWN } from '../world.ts';
import { ACCOUNTS } from './start.ts';

function start(more: LocalAwsOptions = {}): Promise<LocalAws<string, 'photos'>> {
  return startLocalAws({
    accounts: ACCOUNTS,
    buckets: { photos: { account: OWN } },
    ...more,
  });
}

/** The clock of the SDK goes by `aws.clock`, which stands still. */
function clientOf(aws: LocalAws, arn = CALLER, more: S3ClientConfig = {}): S3Client {
  return new S3Client({
    region: aws.region,
    endpoint: aws.s3Url,
    credentials: aws.credentialsOf(arn),
    systemClockOffset: aws.clock.now() - Date.now(),
    maxAttempts: 1,
    ...more,
  });
}

const KEYS = ['a.txt', 'ordner/ü €.txt', "x/'()*!~+ &=?#%2F.txt", '/slash//twice', 'ends/'];

describe.each(['path style', 'host names of AWS'])('the client of the AWS SDK, by %s', (style) => {
  function client(aws: LocalAws, arn = CALLER, more: S3ClientConfig = {}): S3Client {
    return style === 'path style'
      ? clientOf(aws, arn, { forcePathStyle: true, ...more })
      : new S3Client({
          region: aws.region,
          credentials: aws.credentialsOf(arn),
          requestHandler: { httpsAgent: aws.httpsAgent },
          maxAttempts: 1,
          ...more,
        });
  }

  test.each(KEYS)('puts, reads, lists and deletes %j', async (Key) => {
    await using aws = await start();
    const s3 = client(aws);
    const Bucket = 'photos';
    const put = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: 'hello ü',
        ContentType: 'text/plain',
        CacheControl: 'no-store',
        Metadata: { owner: 'shop' },
      }),
    );
    const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    expect(await got.Body?.transformToString()).toBe('hello ü');
    expect(got).toMatchObject({
      ETag: put.ETag,
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      Metadata: { owner: 'shop' },
      ContentLength: 8,
    });
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    expect(head).toMatchObject({ ETag: put.ETag, ContentLength: 8 });
    const list = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(list.Contents).toMatchObject([{ Key, Size: 8, ETag: put.ETag }]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(aws.buckets.photos.objects.size).toBe(0);
    expect(aws.requests.map(({ verdict }) => verdict)).toEqual(Array(5).fill('allowed'));
  });

  test('pages through a list', async () => {
    await using aws = await start();
    const s3 = client(aws);
    for (const Key of ['a/1', 'a/2', 'b', 'c/1', 'd'])
      await s3.send(new PutObjectCommand({ Bucket: 'photos', Key, Body: '' }));
    const seen: (string | undefined)[] = [];
    const pages = paginateListObjectsV2(
      { client: s3, pageSize: 1 },
      { Bucket: 'photos', Delimiter: '/' },
    );
    for await (const { Contents = [], CommonPrefixes = [] } of pages)
      seen.push(...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix));
    expect(seen).toEqual(['a/', 'b', 'c/', 'd']);
  });

  test('gets its errors as it knows them', async () => {
    await using aws = await start();
    const at = { Bucket: 'photos', Key: 'x' };
    await expect(client(aws).send(new GetObjectCommand(at))).rejects.toMatchObject({
      name: 'NoSuchKey',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(client(aws).send(new HeadObjectCommand(at))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await expect(client(aws, INTERN).send(new GetObjectCommand(at))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('because no identity-based policy allows the s3:GetObject'),
    });
    await expect(
      client(aws).send(new HeadBucketCommand({ Bucket: 'photos' })),
    ).resolves.toMatchObject({ BucketRegion: aws.region });
  });
});

describe('what the client does by itself', () => {
  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'a stream is sent in chunks with the trailer %s, and a body with the header',
    async (ChecksumAlgorithm) => {
      await using aws = await start();
      const s3 = clientOf(aws);
      const payload = Buffer.alloc(100_000, 'abc');
      const at = { Bucket: 'photos', ContentEncoding: 'gzip', ChecksumAlgorithm };
      await s3.send(
        new PutObjectCommand({
          ...at,
          Key: 'stream',
          Body: Readable.from([payload.subarray(0, 70_000), payload.subarray(70_000)]),
          ContentLength: payload.length,
        }),
      );
      await s3.send(new PutObjectCommand({ ...at, Key: 'body', Body: payload }));
      const [stream, body] = aws.requests.map(
        ({ rawHeaders }) =>
          new Headers(rawHeaders.map(([name, value]): [string, string] => [name, value])),
      );
      expect(stream?.get('x-amz-content-sha256')).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER');
      const name = `x-amz-checksum-${ChecksumAlgorithm.toLowerCase()}`;
      expect(stream?.get('x-amz-trailer')).toBe(name);
      expect(body?.has(name)).toBe(true);
      for (const Key of ['stream', 'body']) {
        const object = aws.buckets.photos.objects.get(Key);
        expect(Buffer.compare(object?.body ?? Buffer.of(), payload)).toBe(0);
        expect(object?.headers['Content-Encoding']).toBe('gzip');
        expect(Object.keys(object?.checksums ?? {})).toEqual([name]);
        // The client itself compares what it gets with the checksum that comes with it.
        const got = await s3.send(
          new GetObjectCommand({ Bucket: 'photos', Key, ChecksumMode: 'ENABLED' }),
        );
        expect((await got.Body?.transformToByteArray())?.length).toBe(payload.length);
      }
    },
  );

  test('a client of another region is told the right one', async () => {
    await using aws = await start({
      buckets: { photos: { account: OWN, region: 'eu-central-1' } },
    });
    const options = {
      region: 'eu-west-1',
      credentials: aws.credentialsOf(CALLER),
      requestHandler: { httpsAgent: aws.httpsAgent },
      maxAttempts: 1,
    };
    const s3 = new S3Client(options);
    const put = new PutObjectCommand({ Bucket: 'photos', Key: 'a', Body: 'x' });
    await expect(s3.send(put)).rejects.toMatchObject({
      name: 'PermanentRedirect',
      Endpoint: 'photos.s3.eu-central-1.amazonaws.com',
      $response: { headers: { 'x-amz-bucket-region': 'eu-central-1' } },
    });
    const following = new S3Client({ ...options, followRegionRedirects: true });
    await following.send(put);
    expect(aws.requests.at(-1)?.verdict).toBe('allowed');
    expect(aws.buckets.photos.objects.has('a')).toBe(true);
  });

  test('a clock that is off is corrected', async () => {
    await using aws = await start();
    aws.clock.advance('20m');
    const s3 = clientOf(aws, CALLER, { systemClockOffset: -20 * 60_000, maxAttempts: 3 });
    await s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a', Body: 'x' }));
    expect(aws.requests.map(({ status }) => status)).toEqual([403, 200]);
  });
});

describe('s3-request-presigner', () => {
  const at = { Bucket: 'photos', Key: 'dir/a b+ü.txt' };

  test('a URL to upload to and one to download from, until they expire', async () => {
    await using aws = await start();
    const s3 = clientOf(aws);
    const signingDate = new Date(aws.clock.now());
    const to = await getSignedUrl(
      s3,
      new PutObjectCommand({ ...at, ContentType: 'text/plain', Metadata: { owner: 'shop' } }),
      { expiresIn: 60, signingDate },
    );
    const from = await getSignedUrl(
      s3,
      new GetObjectCommand({
        ...at,
        ResponseContentType: 'text/html; charset=utf-8',
        ResponseContentDisposition: 'attachment; filename="ü.txt"',
      }),
      { expiresIn: 600, signingDate },
    );
    // The SDK signs the checksum of an empty body into the URL, which S3 overlooks.
    const put = await fetch(to, {
      method: 'PUT',
      body: 'hello',
      headers: { 'content-type': 'text/plain' },
    });
    expect([put.status, await put.text()]).toEqual([200, '']);
    const got = await fetch(from);
    expect([got.status, await got.text()]).toEqual([200, 'hello']);
    expect(got.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(got.headers.get('x-amz-meta-owner')).toBe('shop');

    aws.clock.advance('61s');
    const late = await fetch(to, { method: 'PUT', body: 'hello' });
    expect(late.status).toBe(403);
    expect(await late.text()).toMatch(
      /<Code>AccessDenied<\/Code>\s*<Message>Request has expired<\/Message>\s*<X-Amz-Expires>60<\/X-Amz-Expires>\s*<Expires>.*<\/Expires>\s*<ServerTime>/,
    );
    expect((await fetch(from)).status).toBe(200);
  });
});

describe('s3-presigned-post', () => {
  test('a form uploads what its policy allows', async () => {
    await using aws = await start();
    // The package takes the time from this machine.
    aws.clock.set(Date.now());
    const { url, fields } = await createPresignedPost(clientOf(aws), {
      Bucket: 'photos',
      Key: 'up/${filename}',
      Conditions: [['content-length-range', 1, 10], { success_action_status: '201' }],
      Fields: { success_action_status: '201' },
      Expires: 600,
    });
    expect(url.replace(/\/$/, '')).toBe(aws.buckets.photos.url);
    const send = (content: string): Promise<Response> => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob([content]), 'hat.txt');
      return fetch(url, { method: 'POST', body: form });
    };
    const done = await send('hello');
    expect(done.status).toBe(201);
    expect(await done.text()).toMatch(/<Bucket>photos<\/Bucket>\s*<Key>up\/hat.txt<\/Key>/);
    expect(Buffer.from(aws.buckets.photos.objects.get('up/hat.txt')?.body ?? []).toString()).toBe(
      'hello',
    );
    const large = await send('hello, world');
    expect([large.status, await large.text()]).toEqual([
      400,
      expect.stringContaining('<Code>EntityTooLarge</Code>'),
    ]);
    aws.clock.advance('11m');
    const late = await send('hello');
    expect([late.status, await late.text()]).toEqual([
      403,
      expect.stringContaining('Invalid according to Policy: Policy expired.'),
    ]);
  });
});
