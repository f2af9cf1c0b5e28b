import { encodeText } from '../request/url.ts';
import { EMPTY_HASH, UNSIGNED_PAYLOAD } from '../request/payload-hash.ts';

/** One way in which the request that AWS saw differs from the one that was signed. */
export interface Difference {
  /** Where it is. `secret`: only the signature differs, so it was made with another secret key. */
  readonly part: 'method' | 'path' | 'query' | 'header' | 'body' | 'region' | 'service' | 'secret';
  /** The name of the header, in lower case, or of the query parameter, decoded. */
  readonly name?: string;
  /** What became of what was signed. `wrong`: it was signed with, or for, another one. */
  readonly change:
    | 'changed'
    | 'missing'
    | 'added'
    | 'encoded-twice'
    | 'decoded'
    | 're-ordered'
    | 'wrong';
  /** What was signed. Values of query parameters, and of headers that may be secret, are left out. */
  readonly signed?: string;
  /** What AWS saw, or wants. */
  readonly expected?: string;
}

/** A canonical request in its parts; those that its text does not reach are `undefined`. */
interface Parts {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly query: string | undefined;
  readonly headers: ReadonlyMap<string, string>;
  readonly payloadHash: string | undefined;
}

/** The values of other headers are not shown, since they can hold secrets or personal data. */
const SHOWN_HEADERS =
  /^(?:host|content-type|content-length|date|x-amz-date|x-amz-content-sha256|x-amz-target)$/;

/**
 * Compares what AWS expected, by what arrived, with what was signed.
 *
 * @param expected AWS's canonical request, which may be cut
 * @param signed our own
 * @param pathIsEncodedTwice as most services want it
 */
export function canonicalDifferences(
  expected: string,
  signed: string,
  pathIsEncodedTwice: boolean,
): Difference[] {
  const ours = parse(signed);
  const theirs = parse(expected);
  let found: Difference[] = [];
  if (differs(ours.method, theirs.method)) {
    found.push({ part: 'method', ...changed(ours.method, theirs.method) });
  }
  if (differs(ours.path, theirs.path)) {
    const [from, to] = [ours.path, theirs.path].map((path = '') =>
      pathIsEncodedTwice ? path.replaceAll('%25', '%') : path,
    ) as [string, string];
    found.push({
      part: 'path',
      change: encodingChange(from, to) ?? 'changed',
      signed: from,
      expected: to,
    });
  }
  if (differs(ours.query, theirs.query)) {
    // No spread into push: an engine takes only so many arguments.
    found = found.concat(queryDifferences(ours.query ?? '', theirs.query ?? ''));
  }
  for (const [name, value] of theirs.headers) {
    const own = ours.headers.get(name);
    if (own !== value) found.push(headerDifference(name, own, value));
  }
  if (differs(ours.payloadHash, theirs.payloadHash)) {
    found.push({ part: 'body', change: bodyChange(ours.payloadHash, theirs.payloadHash) });
  }
  // If all of it is as it was signed, to the last line, only the secret can be wrong.
  return found.length === 0 && theirs.payloadHash !== undefined
    ? [{ part: 'secret', change: 'wrong' }]
    : found;
}

function parse(text: string): Parts {
  const lines = text.trimEnd().split('\n');
  const isWhole = /^[\da-f]{64}$|^(?:UNSIGNED|STREAMING)-[\w-]+$/.test(lines.at(-1) ?? '');
  // The last line of a text that was cut may be cut itself.
  if (!isWhole) lines.pop();
  const [method, path, query] = lines;
  const end = lines.indexOf('', 3);
  const headers = new Map<string, string>();
  for (const line of lines.slice(3, end === -1 ? undefined : end)) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return { method, path, query, headers, payloadHash: isWhole ? lines.at(-1) : undefined };
}

/** What AWS did not tell does not differ. */
function differs(signed: string | undefined, expected: string | undefined): boolean {
  return expected !== undefined && expected !== signed;
}

function changed(signed = '', expected = ''): Omit<Difference, 'part'> {
  return { change: 'changed', signed, expected };
}

function headerDifference(name: string, signed: string | undefined, expected: string): Difference {
  const change = signed === undefined ? 'added' : expected === '' ? 'missing' : 'changed';
  if (change !== 'changed' || !SHOWN_HEADERS.test(name)) return { part: 'header', name, change };
  return { part: 'header', name, ...changed(signed, expected) };
}

function bodyChange(
  signed: string | undefined,
  expected: string | undefined,
): Difference['change'] {
  if (signed === UNSIGNED_PAYLOAD) return 'wrong';
  if (expected === EMPTY_HASH) return 'missing';
  return signed === EMPTY_HASH ? 'added' : 'changed';
}

/** No answer of which so much is read tells of a longer query, and to compare it would take long. */
const LONGEST_QUERY = 65_536;

function queryDifferences(signed: string, expected: string): Difference[] {
  if (signed.length > LONGEST_QUERY) return [{ part: 'query', change: 'changed' }];
  const ours = pairs(signed);
  const theirs = pairs(expected);
  if (ours.toSorted().join('&') === theirs.toSorted().join('&')) {
    return [{ part: 'query', change: 're-ordered' }];
  }
  // One that was decoded as a whole falls into other parameters: `q=a%26b` into `q=a&b`.
  if (canonicalised(decodeOnce(signed)) === theirs.toSorted().join('&')) {
    return [{ part: 'query', change: 'decoded' }];
  }
  const missing = without(ours, theirs);
  const added = new Pairs(without(theirs, ours));
  const found: Difference[] = missing.map((pair) => {
    const other = added.take(pair);
    const change = other === undefined ? 'missing' : (encodingChange(pair, other) ?? 'changed');
    return { part: 'query', name: nameOf(pair), change };
  });
  for (const pair of added.left())
    found.push({ part: 'query', name: nameOf(pair), change: 'added' });
  return found;
}

/** Parameters that each can be taken once, found without a look at all the others. */
class Pairs {
  readonly #left: Set<number>;
  readonly #pairs: readonly string[];
  readonly #byMeaning: ReadonlyMap<string, number[]>;
  readonly #byName: ReadonlyMap<string, number[]>;

  constructor(all: readonly string[]) {
    this.#pairs = all;
    this.#left = new Set(all.keys());
    this.#byMeaning = indexBy(all, decodeFully);
    this.#byName = indexBy(all, nameOf);
  }

  /** One that means the same as `pair`, or else has its name. */
  take(pair: string): string | undefined {
    const at =
      this.#first(this.#byMeaning.get(decodeFully(pair))) ??
      this.#first(this.#byName.get(nameOf(pair)));
    if (at === undefined) return undefined;
    this.#left.delete(at);
    return this.#pairs[at];
  }

  #first(places: number[] = []): number | undefined {
    while (places.length > 0 && !this.#left.has(places.at(-1) as number)) places.pop();
    return places.at(-1);
  }

  left(): string[] {
    return Array.from(this.#left, (at) => this.#pairs[at] as string);
  }
}

/** @returns the places of those with the same key, the first one last */
function indexBy(all: readonly string[], keyOf: (pair: string) => string): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (let at = all.length - 1; at >= 0; at -= 1) {
    const key = keyOf(all[at] as string);
    const same = places.get(key);
    if (same === undefined) places.set(key, [at]);
    else same.push(at);
  }
  return places;
}

function pairs(query: string): string[] {
  return query === '' ? [] : query.split('&');
}

function nameOf(pair: string): string {
  return decodeOnce(pair.slice(0, pair.indexOf('=')));
}

/** Those of `all` that are not in `others`. One that `others` has once is left out once. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of others) counts.set(one, (counts.get(one) ?? 0) + 1);
  return all.filter((one) => {
    const count = counts.get(one) ?? 0;
    if (count > 0) counts.set(one, count - 1);
    return count === 0;
  });
}

/** A query as AWS reads it off the wire. */
function canonicalised(query: string): string {
  return pairs(query)
    .filter(Boolean)
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [name, value.join('=')].map((text) => encodeText(decodeForm(text))).join('=');
    })
    .toSorted()
    .join('&');
}

function decodeForm(text: string): string {
  return decodeOnce(text.replaceAll('+', ' '));
}

/** How one text became the other, if they mean the same. */
function encodingChange(signed: string, expected: string): 'encoded-twice' | 'decoded' | undefined {
  if (signed === expected || decodeFully(signed) !== decodeFully(expected)) return undefined;
  return expected.length > signed.length ? 'encoded-twice' : 'decoded';
}

function decodeFully(text: string): string {
  let before = text;
  for (let round = 0; round < 4; round += 1) {
    const after = decodeForm(before);
    if (after === before) break;
    before = after;
  }
  return before;
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
