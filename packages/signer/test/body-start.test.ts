import { describe, expect, test, vi } from 'vitest';

import { explain, explainRejection, type Answer, type SignedRequest } from '@sigv4/signer';

import { readRejection } from '../src/rejection/read-rejection.ts';
import { answer, API, SESSION, testSigner } from './fixtures.ts';

const EXPIRED = 'The security token included in the request is expired';
const HEADERS = { get: () => null };

/** A timer that goes off when the test says so. */
function timer() {
  const set: { work: () => void; ms: number; isSet: boolean }[] = [];
  return {
    set,
    delay: (work: () => void, ms: number) => {
      const one = { work, ms, isSet: true };
      set.push(one);
      return () => void (one.isSet = false);
    },
  };
}

function sentFor(url: string = API): Promise<SignedRequest> {
  return testSigner({ credentials: SESSION }).sign({ method: 'GET', url });
}

describe('an answer whose text does not come', () => {
  test('is read for two seconds, and no timer is left', async () => {
    const { set, delay } = timer();
    const hanging: Answer = {
      status: 403,
      headers: { get: (name) => (name === 'x-amzn-errortype' ? 'ExpiredTokenException' : null) },
      clone: () => ({ text: () => new Promise<string>(() => {}) }),
    };
    const reading = readRejection(hanging, await sentFor(), delay);
    expect(set).toMatchObject([{ ms: 2000 }]);
    set[0]?.work();
    expect(await reading).toMatchObject({
      rejection: { reason: 'token-expired', message: '' },
      isRead: false,
      quoted: { isWhole: false },
    });
    expect(set).toMatchObject([{ isSet: false }]);
  });

  test.each<[string, Answer['clone']]>([
    [
      'has no clone',
      () => {
        throw new TypeError('used');
      },
    ],
    ['rejects', () => ({ text: () => Promise.reject(new Error('reset')) })],
    ['is of Node', () => ({ text: async () => 'x', body: { pipe() {} } as never })],
    [
      'breaks off',
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.error(new Error('reset')),
          }),
        ),
    ],
    [
      'is none',
      () => ({
        text: async () => '',
        body: new ReadableStream({
          start: (controller) => controller.enqueue('no bytes' as never),
        }),
      }),
    ],
  ])('since its body %s: the status tells', async (_why, clone) => {
    const { set, delay } = timer();
    const read = await readRejection({ status: 403, headers: HEADERS, clone }, undefined, delay);
    expect(read).toMatchObject({ rejection: { reason: 'forbidden', status: 403 } });
    expect(set.every(({ isSet }) => !isSet)).toBe(true);
  });

  test('comes back as it is, even if its headers throw', async () => {
    const headers = {
      get: () => {
        throw new Error('no headers');
      },
    };
    const broken = { status: 403, headers, clone: () => ({ text: async () => 'x' }) };
    expect(await explainRejection(broken)).toMatchObject({ reason: 'forbidden' });
  });
});

test('exactly 64 KiB are read', async () => {
  const lengths = [];
  for (const size of [65_535, 65_536, 65_537]) {
    const text = `{"message":"${'x'.repeat(size - 14)}"}`;
    const read = await readRejection(new Response(text, { status: 403 }), await sentFor());
    lengths.push([size, read?.quoted?.isWhole ?? true]);
  }
  expect(lengths).toEqual([
    [65_535, true],
    [65_536, false],
    [65_537, false],
  ]);
});

test.each([
  ['JSON', (message: string) => JSON.stringify({ message, more: 'x'.repeat(70_000) })],
  [
    'JSON, cut within the message',
    (message: string) => JSON.stringify({ message: `${message}\n${'\n'.repeat(70_000)}` }),
  ],
  ['XML', (message: string) => `<Error><Message>${message}</Message>${'<a/>'.repeat(20_000)}`],
  [
    'XML, cut within the message',
    (message: string) => `<Error><Message>${message}${'\n'.repeat(70_000)}`,
  ],
])('of %s that is longer, the beginning tells', async (_form, make) => {
  const read = await readRejection(new Response(make(EXPIRED), { status: 403 }));
  expect(read?.rejection).toMatchObject({ reason: 'token-expired' });
  expect(read?.rejection.message).toMatch(
    /^The security token included in the request is expired$/,
  );
});

describe('differences of thousands of parameters', () => {
  const many = (count: number, make: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => make(at)).join('&');

  test.each<[string, string, string]>([
    ['all others', many(4000, (at) => `a${at}=1`), many(4000, (at) => `b${at}=1`)],
    ['all changed', many(4000, (at) => `a${at}=1`), many(4000, (at) => `a${at}=2`)],
    ['all of one name', many(8000, (at) => `a=${at}`), many(8000, (at) => `a=x${at}`)],
    ['all encoded twice', many(3000, (at) => `a=%2B${at}`), many(3000, (at) => `a=%252B${at}`)],
  ])('%s: at most 20 are told, soon', async (_what, signed, seen) => {
    const sent = await sentFor();
    const own = sent.canonicalRequest.split('\n').with(2, signed).join('\n');
    const others = sent.canonicalRequest.split('\n').with(2, seen).join('\n');
    const message = `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been\n'${others}'\n\nThe String-to-Sign should have been\n''`;
    const start = process.cpuUsage();
    const rejection = await explainRejection(answer(403, message), {
      ...sent,
      canonicalRequest: own,
    });
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(1500);
    expect(rejection?.differences).toHaveLength(20);
  });
});

test('a query that is longer than what is read is only told to differ', async () => {
  const sent = await sentFor();
  const of = (query: string): string => sent.canonicalRequest.split('\n').with(2, query).join('\n');
  const message = `The Canonical String for this request should have been\n'${of('b=1')}'`;
  const canonicalRequest = of(Array.from({ length: 300_000 }, (_, at) => `a${at}=1`).join('&'));
  const start = process.cpuUsage();
  const rejection = await explainRejection(answer(403, message), { ...sent, canonicalRequest });
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(500);
  expect(rejection?.differences).toEqual([{ part: 'query', change: 'changed' }]);
});

test('each of like parameters is told once, by its meaning before its name', async () => {
  const sent = await sentFor();
  const signed = 'a=%2B1&a=2&a=3&b=1';
  const seen = 'a=9&a=%252B1&a=3&c=1';
  const of = (query: string): string => sent.canonicalRequest.split('\n').with(2, query).join('\n');
  const message = `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been\n'${of(seen)}'`;
  const rejection = await explainRejection(answer(403, message), {
    ...sent,
    canonicalRequest: of(signed),
  });
  expect(rejection?.differences).toEqual([
    { part: 'query', name: 'a', change: 'encoded-twice' },
    { part: 'query', name: 'a', change: 'changed' },
    { part: 'query', name: 'b', change: 'missing' },
    { part: 'query', name: 'c', change: 'added' },
  ]);
});

describe('explain', () => {
  test('knows an answer that is frozen', async () => {
    const frozen = Object.freeze(answer(403, EXPIRED));
    const given = await testSigner().send({ method: 'GET', url: API }, async () => frozen);
    expect(given).toBe(frozen);
    expect(explain(given)).toMatchObject({ reason: 'token-expired' });
  });

  test('of another copy of this package knows what this one has read', async () => {
    vi.resetModules();
    const other = await import('@sigv4/signer');
    expect(other.explain).not.toBe(explain);
    const given = await testSigner().send({ method: 'GET', url: API }, async () =>
      answer(403, EXPIRED),
    );
    expect(explain(given)).toMatchObject({ reason: 'token-expired' });
    expect(other.explain(given)).toBe(explain(given));
    expect(other.explain(given.clone() as Response)).toBe(explain(given));
    expect(Object.keys(given)).toEqual([]);
    expect(Object.getOwnPropertySymbols(globalThis).map(String).join()).not.toContain('sigv4');
  });
});
