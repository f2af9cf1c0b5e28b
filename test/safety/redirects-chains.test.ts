import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createSigner, type Answer, type SignedRequest } from '@sigv4/signer';

const ORIGIN = 'https://api.example.com';

const signer = createSigner({
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'to/ken+=' },
  region: 'eu-west-1',
});

/** The parts of which the addresses are made that attackers and careless servers send. */
const PIECES = [
  String.raw`/ // /// /. /.. /./ /.// \ \\ /\ . .. %2e %2F %5C % ? # @ : ; & = + ^ | ü [ ]`.split(
    ' ',
  ),
  'a login a:b x=1 2026 logs evil.example api.example.com user:pass@ :443 :80 :8443'.split(' '),
  'https: http: HTTPS:// ws:// javascript: data:, blob: file:/// null'.split(' '),
  [ORIGIN, `${ORIGIN}.evil.example`, '//evil.example/', '//[::1]/', '\t', '\n', ' '],
].flat();

const piece = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 6 }) },
);
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
const location = fc.oneof(
  text,
  text.map((rest) => `/${rest}`),
  text.map((rest) => `${ORIGIN}/${rest}`),
  fc.constantFrom('/login', '/.//evil.example/', '', '?again', '#there', '.', '..'),
);

/** What the standard makes of a chain: which addresses are asked, and whether it leads elsewhere. */
function modelOf(start: string, locations: readonly string[]): [asked: URL[], leaves: boolean] {
  const asked = [new URL(start)];
  for (const next of locations) {
    const from = asked.at(-1) as URL;
    if (!URL.canParse(next, from.href)) return [asked, true];
    const to = new URL(next, from.href);
    if (to.protocol !== 'https:' || to.host !== 'api.example.com') return [asked, true];
    // fetch refuses user and password in a URL too.
    if (to.username !== '' || to.password !== '') return [asked, true];
    asked.push(to);
  }
  return [asked, false];
}

/** Without the differences that percent-encoding makes, and as it goes over the wire. */
function plain({ protocol, host, pathname, search }: URL): string {
  const query = search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '')
    .join('&')
    .replaceAll('+', '%20');
  return `${protocol}//${host}${unescaped(pathname)}?${unescaped(query)}`;
}

/** `unescape` would also take `%u2026` for one character. */
function unescaped(encoded: string): string {
  return encoded.replaceAll(/%([\da-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** As a header bears it: each byte of the UTF-8 text is a character. */
function onTheWire(header: string): string {
  return Buffer.from(header).toString('latin1');
}

test('each of 25,000 chains of redirects ends where it would leave the origin, never behind it', async () => {
  let left = 0;
  let followed = 0;
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.array(location, { minLength: 1, maxLength: 3 }),
      async (path, locations) => {
        const start = `${ORIGIN}/${path}`;
        const answers = locations.map(onTheWire);
        const sent: SignedRequest[] = [];
        const transport = async (signed: SignedRequest): Promise<Answer> => {
          sent.push(signed);
          const next = answers.shift();
          // Not `Headers`, which would trim and refuse.
          const headers = { get: (name: string) => (name === 'location' ? (next ?? null) : null) };
          return { status: next === undefined ? 200 : 307, headers, clone: () => new Response() };
        };
        const [asked, leaves] = modelOf(start, locations);
        const call = signer.send({ method: 'GET', url: start }, transport, { maxRedirects: 20 });
        const outcome = await call.then(
          () => 'answered',
          (error: { code?: string }) => error.code ?? 'an error without a code',
        );
        expect(outcome).toMatch(leaves ? /^ERR_SIGV4_(?:REDIRECT|URL)$/ : /^answered$/);
        expect(sent.map(({ url }) => plain(new URL(url)))).toEqual(asked.map(plain));
        if (leaves) left += 1;
        else followed += 1;
      },
    ),
    { numRuns: 25_000 },
  );
  // Both ways are taken often enough for this test to mean something.
  expect(Math.min(left, followed)).toBeGreaterThan(2_000);
});

test.each([
  ['/orders', '/gr\u00fc\u00dfe', '/gr%C3%BC%C3%9Fe'],
  ['//logs/2026', '/login', '/login'],
  ['//', 'x', '//x'],
  ['//a:b', '/x', '/x'],
  ['/a?b=c', '', '/a?b=c'],
  ['/a?b=c', '?d', '/a?d'],
  ['/x', '/.//evil.example/', '//evil.example/'],
])('%j, redirected to %j, asks for %j', async (path, next, expected) => {
  const urls: string[] = [];
  await signer.send(
    { method: 'GET', url: ORIGIN + path },
    async ({ url }) => {
      urls.push(url);
      const init = { status: 302, headers: { location: onTheWire(next) } };
      return urls.length === 1 ? new Response(null, init) : new Response();
    },
    { maxRedirects: 1 },
  );
  expect(urls[1]).toBe(ORIGIN + expected);
});
