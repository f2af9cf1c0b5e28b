import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { SignedRequest } from '@sigv4/signer';

import { printable } from '../src/rejection/printable.ts';
import { redactionFor } from '../src/rejection/redaction.ts';
import { between, spelling, token } from './escapings.ts';
import { API, SESSION, testSigner } from './fixtures.ts';

function signedWith(sessionToken: string): Promise<SignedRequest> {
  return testSigner({ credentials: { ...SESSION, sessionToken } }).sign({
    method: 'GET',
    url: API,
  });
}

const secretOf: Readonly<Record<string, (sent: SignedRequest) => string>> = {
  token: ({ headers }) => headers['x-amz-security-token'] ?? '',
  signature: ({ signature }) => signature,
  authorization: ({ headers }) => headers['authorization'] ?? '',
};

/** The spellings that only a token is looked for in. */
function isInBytes(spelled: string): boolean {
  return /^[\da-f ]+$/i.test(spelled);
}

interface Quoting {
  readonly given: string;
  readonly safe: string;
}

/** A text that quotes secrets of a request, and the same without them. */
const quoting: fc.Arbitrary<{
  readonly token: string;
  readonly quoting: (sent: SignedRequest) => Quoting;
}> = fc
  .record({
    token,
    first: between,
    parts: fc.array(
      fc.record({
        secret: fc.constantFrom(...Object.keys(secretOf)),
        spell: spelling,
        after: between,
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ token: sessionToken, first, parts }) => ({
    token: sessionToken,
    quoting: (sent) => {
      const spelled = parts.map(({ secret, spell, after }) => {
        const value = secretOf[secret]?.(sent) ?? '';
        const text = spell(value);
        return [secret !== 'token' && isInBytes(text) ? value : text, after] as const;
      });
      return {
        given: first + spelled.flat().join(''),
        safe: first + spelled.map(([, after]) => `[redacted]${after}`).join(''),
      };
    },
  }));

async function read(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    chunks.push(bytes.slice(at, at + length));
    at += length;
  }
  return chunks;
}

describe('however a secret is spelled, it is hidden, and nothing else is', () => {
  test('in a text, and in its bytes', async () => {
    await fc.assert(
      fc.asyncProperty(quoting, async (made) => {
        const sent = await signedWith(made.token);
        const { given, safe } = made.quoting(sent);
        expect(redactionFor(sent).text(given)).toBe(safe);
        expect(await redactionFor(sent).whole(given)).toBe(safe);
        const bytes = await redactionFor(sent).whole(new TextEncoder().encode(given));
        expect(new TextDecoder().decode(bytes)).toBe(safe);
      }),
      { numRuns: 400 },
    );
  });

  test('in a stream, wherever it is cut', async () => {
    const lengths = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 700 })),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(quoting, lengths, async (made, chunks) => {
        const sent = await signedWith(made.token);
        const { given, safe } = made.quoting(sent);
        const bytes = new TextEncoder().encode(given);
        const stream = redactionFor(sent).stream(streamOf(cut(bytes, chunks)));
        expect(await read(stream)).toBe(safe);
      }),
      { numRuns: 150 },
    );
  });

  test('in base64 of a text, in which no more than its edges are left', async () => {
    await fc.assert(
      fc.asyncProperty(token, fc.string({ maxLength: 50 }), async (value, before) => {
        const sent = await signedWith(value);
        for (const encoding of ['base64', 'base64url'] as const) {
          const given = Buffer.from(`${before}${value}|`).toString(encoding);
          const safe = redactionFor(sent).text(given);
          const [start = '', end = ''] = safe.split('[redacted]');
          expect(start.length).toBeLessThanOrEqual(
            Math.ceil((Buffer.byteLength(before) * 4) / 3) + 3,
          );
          expect(end.length).toBeLessThanOrEqual(8);
        }
      }),
      { numRuns: 100 },
    );
  });
});

test('at most 15 characters are left of a token that is cut off on either side', async () => {
  await fc.assert(
    fc.asyncProperty(token, fc.nat(), fc.nat(), spelling, async (value, from, length, spell) => {
      const sent = await signedWith(value);
      const start = from % value.length;
      const part = value.slice(start, start + 16 + (length % value.length));
      fc.pre(part.length >= 16);
      const said = `no <${spell(part)}`;
      fc.pre(!isInBytes(spell(part)));
      expect(redactionFor(sent).text(said)).toBe('no <[redacted]');
      expect(printable(said, sent)).toBe('no <[redacted]');
    }),
    { numRuns: 300 },
  );
  const value = 'IQoJb3JpZ2luX2VjEJv//////////wEaCWV1LXdlc3QtMSJHMEUCIQ+a/b=';
  const sent = await signedWith(value);
  for (const spelled of [value, encodeURIComponent(value), value.replaceAll('/', '\\/')]) {
    for (let end = 0; end <= spelled.length; end += 1) {
      const safe = printable(`no: ${spelled.slice(0, end)}`, sent);
      expect(safe.replace('[redacted]', '').length).toBeLessThan('no: '.length + 16 + 10);
    }
  }
});

test('bytes that quote nothing come back as the very same object', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), token, async (bytes, value) => {
      const redaction = redactionFor(await signedWith(value));
      expect(await redaction.whole(bytes)).toBe(bytes);
      const streamed = redaction.stream(streamOf(cut(bytes, [7, 1, 400])));
      expect(new Uint8Array(await new Response(streamed as never).arrayBuffer())).toEqual(bytes);
    }),
    { numRuns: 100 },
  );
});

test.each([0, 1, 65_535, 65_536, 65_537, 1_000_000, 5_000_000])(
  'in a body of %i bytes, everything but the secret is left',
  async (size) => {
    const value = Buffer.from(
      Array.from({ length: 700 }, (_, at) => (at * 89 + (at >> 7)) & 255),
    ).toString('base64');
    const sent = await signedWith(value);
    const filler = 'lorem ipsum \\"dolor\\" %20 '.repeat(Math.ceil(size / 26)).slice(0, size);
    for (const before of [0, Math.floor(size / 2), size]) {
      const [first, last] = [`"${filler.slice(0, before)}"`, `"${filler.slice(before)}"`];
      const given = first + JSON.stringify(value).slice(1, -1) + last;
      expect((await redactionFor(sent).whole(given)) === `${first}[redacted]${last}`).toBe(true);
    }
  },
);

test('what follows is not waited for, unless a secret may have begun', async () => {
  const sent = await signedWith('Zebra/of+session/and+more==');
  const source = new TransformStream<Uint8Array, Uint8Array>();
  const writer = source.writable.getWriter();
  const reader = redactionFor(sent).stream(source.readable).getReader();
  for (const [said, heard] of [
    ['data: 1\n\n', 'data: 1\n\n'],
    ['hello', 'hello'],
    ['told: Zeb', 'told: '],
    ['u', 'Zebu'],
  ] as const) {
    void writer.write(new TextEncoder().encode(said));
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toBe(heard);
  }
  await reader.cancel();
});

test('work grows with the length, whatever a server makes of what it knows', async () => {
  const value = 'A'.repeat(900) + Buffer.from('an end of another kind').toString('base64');
  const sent = await signedWith(value);
  const { authorization = '' } = sent.headers;
  const texts = [
    '%'.repeat(300_000),
    '%25'.repeat(100_000),
    '\\'.repeat(300_000),
    '&#'.repeat(150_000),
    '&amp;'.repeat(60_000),
    'A'.repeat(300_000),
    value.slice(0, 899).repeat(300),
    authorization.slice(0, -1).repeat(1000),
    '&#x25;2'.repeat(40_000),
  ];
  for (const text of texts) {
    const start = process.cpuUsage();
    redactionFor(sent).text(text);
    await redactionFor(sent).whole(text);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
  }
});
