import { describe, expect, test } from 'vitest';

import {
  presignPost,
  signChunkedUpload,
  type PresignOptions,
  type SigV4Event,
  type SignerOptions,
} from '@sigv4/signer';

import { answer, API, NOW, SESSION, testSigner, verify } from './fixtures.ts';

const lifetimeOf = (url: URL | string): string[] =>
  new URL(url).searchParams.getAll('X-Amz-Expires');

describe('X-Amz-Expires of a URL that bears no signature yet', () => {
  const signer = testSigner({ credentials: SESSION });

  test.each([
    ['first', '?X-Amz-Expires=60&a=b', '?a=b'],
    ['last', '?a=b&X-Amz-Expires=60', '?a=b'],
    ['alone', '?X-Amz-Expires=60', ''],
  ])('is the lifetime of a link, where it stands %s', async (_where, query, left) => {
    const url = await signer.presign(API + query);
    expect(lifetimeOf(url)).toEqual(['60']);
    expect(url.search.split(/[?&]X-Amz-/, 1)[0]).toBe(left);
    expect(verify(url.href, {}, { now: NOW + 59_000 })).toMatchObject({ ok: true });
    expect(verify(url.href, {}, { now: NOW + 61_000 })).toMatchObject({ reason: 'expired' });
  });

  test('can be repeated by the option, but not contradicted', async () => {
    const url = `${API}?X-Amz-Expires=60`;
    expect(lifetimeOf(await signer.presign(url, { expiresIn: 60 }))).toEqual(['60']);
    await expect(signer.presign(url, { expiresIn: 61 })).rejects.toThrow(
      /^expiresIn: X-Amz-Expires in the URL says 60, and there is another lifetime/,
    );
    await expect(signer.presign(`${url}&X-Amz-Expires=60`)).rejects.toThrow(/^expiresIn: /);
  });

  test.each(['', '0', '604801', '1.5', '60s', '-1'])('is refused as %j', async (text) => {
    await expect(signer.presign(`${API}?X-Amz-Expires=${text}`)).rejects.toThrow(
      /^X-Amz-Expires in the URL: expected a whole number of seconds/,
    );
  });

  test('of an earlier signature counts no more', async () => {
    const old = await signer.presign(API, { expiresIn: 60 });
    expect(lifetimeOf(await signer.presign(old))).toEqual(['900']);
    expect(lifetimeOf(await signer.presign(old, { expiresIn: 5 }))).toEqual(['5']);
  });
});

describe('a lifetime for a signature in the header', () => {
  const message = /^expiresIn: a signature in the header has no lifetime/;
  const transport = async (): Promise<Response> => {
    throw new Error('it was sent');
  };

  test.each([
    ['as an option', API, { expiresIn: 60 }],
    ['in the URL', `${API}?a=b&X-Amz-Expires=60`, {}],
  ])('is refused, %s', async (_where, url, options) => {
    const request = { method: 'GET', url };
    await expect(testSigner().sign(request, options)).rejects.toThrow(message);
    await expect(testSigner().send(request, transport, options)).rejects.toThrow(message);
    const inQuery = await testSigner().sign(request, { ...options, signatureIn: 'query' });
    expect(lifetimeOf(inQuery.url)).toEqual(['60']);
  });

  test('is no matter of parameters whose names only look like it', async () => {
    for (const query of ['?x-amz-expires=60', '?q=X-Amz-Expires', '?X-Amz-Expiry=60']) {
      const signed = await testSigner().sign({ method: 'GET', url: API + query });
      expect(signed.url).toBe(API + query);
    }
  });
});

describe('signatureIn of one call', () => {
  const request = { method: 'GET', url: `${API}?a=b` };
  const isInUrl = (url: string): boolean => url.includes('X-Amz-Signature=');

  test.each([undefined, 'header', 'query'] as const)(
    'goes before that of the signer, %j',
    async (ofSigner) => {
      const signer = testSigner({ credentials: SESSION, signatureIn: ofSigner });
      for (const ofCall of [undefined, 'header', 'query'] as const) {
        const signed = await signer.sign(request, { signatureIn: ofCall });
        expect(isInUrl(signed.url)).toBe((ofCall ?? ofSigner) === 'query');
        expect('authorization' in signed.headers).toBe((ofCall ?? ofSigner) !== 'query');
        expect(verify(signed.url, signed)).toMatchObject({ ok: true });
      }
    },
  );

  test('of a link can be nothing but the query', async () => {
    const presign = (options: object): Promise<URL> => testSigner().presign(API, options);
    await expect(presign({ signatureIn: 'header' })).rejects.toThrow(
      /^signatureIn: expected 'query', as in every link, got "header"/,
    );
    expect(isInUrl((await presign({ signatureIn: 'query' })).href)).toBe(true);
  });
});

describe('a URL that bears a signature already', () => {
  const request = (query: string) => ({ method: 'GET', url: `${API}?a=b&${query}` });
  const V4 =
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAOTHER%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=ab';

  test('of SigV4 gets a new one in its place', async () => {
    const signer = testSigner({ credentials: SESSION });
    const signed = await signer.sign(request(V4));
    expect(signed.url).toBe(`${API}?a=b`);
    expect(verify(signed.url, signed)).toMatchObject({ ok: true });
    const link = await signer.presign(request(V4));
    expect(link.searchParams.getAll('X-Amz-Signature')).toHaveLength(1);
    expect(link.href).not.toContain('AKIAOTHER');
    expect(verify(link.href)).toMatchObject({ ok: true });
  });

  test.each([
    'AWSAccessKeyId=AKIAOTHER&Signature=ab%3D&Expires=1767323045',
    'Signature=ab%3D&Expires=1767323045&AWSAccessKeyId=AKIAOTHER',
    'Expires=1767323045&Signature=a-b~c__&Key-Pair-Id=K2JCJMDEHXQW5F',
    'Policy=e&Signature=a&Key-Pair-Id=K',
  ])('of another kind is refused: %s', async (query) => {
    for (const signatureIn of ['header', 'query'] as const) {
      const signer = testSigner({ signatureIn });
      const refused = {
        code: 'ERR_SIGV4_URL',
        message: expect.stringMatching(/^url: bears a signature of CloudFront, or/) as string,
      };
      await expect(signer.sign(request(query))).rejects.toMatchObject(refused);
      await expect(signer.presign(request(query))).rejects.toMatchObject(refused);
      const send = signer.send(request(query), async () => answer(200));
      await expect(send).rejects.toMatchObject(refused);
    }
  });

  test.each(['Signature=mine', 'AWSAccessKeyId=a', 'Key-Pair-Id=a', 'MySignature=a&Key-Pair-Id=b'])(
    'is none if it only looks like one: %s',
    async (query) => {
      const signer = testSigner({ credentials: SESSION });
      const signed = await signer.sign(request(query));
      expect(signed.url).toBe(request(query).url);
      expect(verify(signed.url, signed)).toMatchObject({ ok: true });
    },
  );
});

describe('a link that outlives its session', () => {
  const until = (ms: number) => ({ ...SESSION, expiration: new Date(ms) });

  async function told(
    options: Partial<SignerOptions>,
    asked: PresignOptions = {},
  ): Promise<SigV4Event[]> {
    const events: SigV4Event[] = [];
    const signer = testSigner({ ...options, onEvent: (event) => events.push(event) });
    await signer.presign(API, asked);
    return events;
  }

  const shortened = (expiresIn: number, endsIn: number) => [
    { type: 'shortened', host: new URL(API).host, expiresIn, endsIn },
  ];

  test('is told, with the time that is left', async () => {
    const credentials = until(NOW + 600_999);
    expect(await told({ credentials })).toEqual(shortened(900, 600));
    expect(await told({ credentials }, { expiresIn: 3600 })).toEqual(shortened(3600, 600));
    expect(await told({ credentials: async () => credentials })).toEqual(shortened(900, 600));
    expect(await told({ credentials: until(NOW - 1) })).toEqual(shortened(900, 0));
  });

  test('is measured from the date of the signature', async () => {
    const credentials = until(NOW + 600_000);
    const date = new Date(NOW + 500_000);
    expect(await told({ credentials }, { date, expiresIn: 200 })).toEqual(shortened(200, 100));
  });

  test('is none if the session lasts, or nobody knows how long', async () => {
    expect(await told({ credentials: until(NOW + 900_000) })).toEqual([]);
    expect(await told({ credentials: SESSION })).toEqual([]);
    expect(await told({})).toEqual([]);
  });

  test('is not told of a URL that is sent at once', async () => {
    const events: SigV4Event[] = [];
    const signer = testSigner({
      credentials: until(NOW + 60_000),
      signatureIn: 'query',
      onEvent: (event) => events.push(event),
    });
    await signer.send({ method: 'GET', url: API }, async () => answer(200));
    expect(events).toEqual([]);
  });
});

describe('now of a signer', () => {
  const BUCKET = 'https://bucket.s3.eu-west-1.amazonaws.com/';
  const AHEAD = 3_600_000;

  /** A signer that has learned that S3 is an hour ahead. */
  async function taught(): Promise<ReturnType<typeof testSigner>> {
    const signer = testSigner({ credentials: SESSION });
    const date = new Date(NOW + AHEAD).toUTCString();
    const answers = [
      answer(403, '', { 'x-amzn-errortype': 'RequestTimeTooSkewed', date }),
      answer(200, '', { date }),
    ];
    await signer.send({ method: 'GET', url: BUCKET }, async () => answers.shift() as Response);
    return signer;
  }

  test('is its clock with what it learned of that origin, and of no other', async () => {
    const { now } = await taught();
    expect(now(BUCKET)).toBe(NOW + AHEAD);
    expect(now(new URL('a/b?c#d', BUCKET))).toBe(NOW + AHEAD);
    expect(now('https://other.s3.eu-west-1.amazonaws.com/')).toBe(NOW);
    expect(now('no URL')).toBe(NOW);
  });

  test('dates forms and uploads by what was learned', async () => {
    const { now } = await taught();
    const { fields } = await presignPost({
      url: BUCKET,
      region: 'eu-west-1',
      credentials: SESSION,
      key: 'a',
      now,
    });
    expect(fields['X-Amz-Date']).toBe('20260102T040405Z');
    const policy = Buffer.from(fields['Policy'] ?? '', 'base64').toString();
    expect(JSON.parse(policy)).toMatchObject({ expiration: '2026-01-02T05:04:05.000Z' });
    const upload = {
      method: 'PUT',
      url: `${BUCKET}a`,
      contentLength: 0,
      body: new Blob().stream(),
    };
    const signed = await signChunkedUpload(upload, { credentials: SESSION, now });
    expect(signed.headers['x-amz-date']).toBe('20260102T040405Z');
  });

  test('is not needed where a date is named', async () => {
    const { now } = await taught();
    const { fields } = await presignPost({
      url: BUCKET,
      region: 'eu-west-1',
      credentials: SESSION,
      key: 'a',
      date: new Date(NOW),
      now,
    });
    expect(fields['X-Amz-Date']).toBe('20260102T030405Z');
  });
});
