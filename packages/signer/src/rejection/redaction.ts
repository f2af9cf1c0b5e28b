import type { SignedRequest } from '../request/request.ts';
import { asItIs, unescaped, type CodeUnits } from './escapes.ts';
import { Fragments, type Range } from './fragments.ts';

const MARK = '[redacted]';

/** A shorter run of characters can be a coincidence, and tells nothing that is of use. */
const FRAGMENT = 16;

/** A text can be escaped more than once: a URL within JSON within XML. */
const MOST_LAYERS = 4;

/** How many units are looked at in one go. */
const PIECE = 65_536;

/**
 * Takes the secrets of one signed request out of texts: the session token, the signature and the
 * `Authorization` value, whole or a part of 16 characters or more, however they are escaped. All
 * the rest passes through as it is.
 */
export class Redaction {
  readonly #secrets: readonly Fragments[];

  constructor(secrets: readonly Fragments[]) {
    this.#secrets = secrets;
  }

  /** Reads the text in one go, so it should be short. */
  text(text: string): string {
    const redactor = new Redactor(this.#secrets);
    const safe = textOf(redactor.push(codesOf(text))) + textOf(redactor.end());
    return redactor.hasFound ? safe : text;
  }

  /**
   * Gives the same text or bytes if nothing is hidden. While a long one is read, others can run.
   */
  async whole<Body extends string | Uint8Array>(body: Body): Promise<Body> {
    const redactor = new Redactor(this.#secrets);
    const pieces: Uint16Array[] = [];
    for (let at = 0; at < body.length; at += PIECE) {
      if (at > 0) await turn();
      const piece = typeof body === 'string' ? body.slice(at, at + PIECE) : undefined;
      const codes =
        piece === undefined ? (body as Uint8Array).subarray(at, at + PIECE) : codesOf(piece);
      pieces.push(redactor.push(codes));
    }
    pieces.push(redactor.end());
    if (!redactor.hasFound) return body;
    return (typeof body === 'string' ? pieces.map(textOf).join('') : bytesOf(pieces)) as Body;
  }

  /**
   * Hands on what comes at once, except for an end that may be the beginning of a secret.
   *
   * @throws {TypeError} if the stream is being read by somebody else
   */
  stream(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const redactor = new Redactor(this.#secrets);
    const reader = body.getReader();
    return new ReadableStream({
      async pull(controller) {
        for (;;) {
          const { done, value } = await reader.read();
          const safe = bytesOf([done ? redactor.end() : redactor.push(value)]);
          if (safe.byteLength > 0) controller.enqueue(safe);
          if (done) controller.close();
          if (done || safe.byteLength > 0) return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
  }
}

/** A turn of the event loop, for others. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}

function codesOf(text: string): Uint16Array {
  const codes = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) codes[at] = text.charCodeAt(at);
  return codes;
}

function textOf(codes: Uint16Array): string {
  let text = '';
  // An engine takes only so many arguments.
  for (let at = 0; at < codes.length; at += 8192) {
    text += String.fromCharCode(...codes.subarray(at, at + 8192));
  }
  return text;
}

function bytesOf(pieces: readonly Uint16Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Reads a text piece by piece, in code units or bytes, and gives it back without the secrets. */
class Redactor {
  hasFound = false;
  readonly #secrets: readonly Fragments[];
  /** What came, and was not given back yet: a secret may begin in it. */
  #pending: Uint16Array = new Uint16Array();
  /** How much of it was not looked at. */
  #unseen = 0;
  /** How much of it belongs to a secret that has its mark already. */
  #marked = 0;

  constructor(secrets: readonly Fragments[]) {
    this.#secrets = secrets;
  }

  push(codes: ArrayLike<number>): Uint16Array {
    const all = new Uint16Array(this.#pending.length + codes.length);
    all.set(this.#pending);
    all.set(codes, this.#pending.length);
    this.#unseen += codes.length;
    // A long beginning of a secret must not be read again for each byte that follows.
    if (all.length > 1024 && this.#unseen < all.length / 8) {
      this.#pending = all;
      return new Uint16Array();
    }
    this.#unseen = 0;
    return this.#take(all, false);
  }

  end(): Uint16Array {
    return this.#take(this.#pending, true);
  }

  #take(codes: Uint16Array, isLast: boolean): Uint16Array {
    const ranges: Range[] = this.#marked > 0 ? [[0, this.#marked]] : [];
    const layers = layersOf(codes, isLast);
    for (const layer of layers) for (const secret of this.#secrets) secret.find(layer, ranges);
    const hidden = merged(ranges);
    const until = isLast ? codes.length : this.#decided(layers, hidden.at(-1)?.[1] ?? 0);
    const safe = without(codes.subarray(0, until), hidden, this.#marked);
    this.hasFound ||= hidden.length > 0;
    this.#pending = codes.slice(until);
    const [start, end] = hidden.at(-1) ?? [0, 0];
    const isMarked = start < until || (start === 0 && this.#marked > 0);
    this.#marked = isMarked && end > until ? end - until : 0;
    return safe;
  }

  /** Up to where the text is decided, whatever follows. */
  #decided(layers: readonly CodeUnits[], hiddenUntil: number): number {
    let until = Infinity;
    for (const layer of layers) {
      for (const secret of this.#secrets) {
        until = Math.min(until, layer.starts[layer.length - secret.begunAt(layer)] as number);
      }
    }
    if (hiddenUntil < until) return until;
    // A secret may go on: its next characters are known by the last ones.
    for (const { starts, length } of layers) {
      let at = length;
      while (at > 0 && (starts[at] as number) > hiddenUntil) at -= 1;
      until = Math.min(until, starts[Math.max(0, at - FRAGMENT + 1)] as number);
    }
    return until;
  }
}

/** A text as it is, without its escapes, without those that were within them, … */
function layersOf(codes: Uint16Array, isEnd: boolean): CodeUnits[] {
  const layers: CodeUnits[] = [asItIs(codes)];
  while (layers.length <= MOST_LAYERS) {
    const next = unescaped(layers.at(-1) as CodeUnits, isEnd);
    if (next === undefined) break;
    layers.push(next);
  }
  return layers;
}

function merged(ranges: Range[]): Range[] {
  const apart: Range[] = [];
  for (const [start, end] of ranges.toSorted(([one], [other]) => one - other)) {
    const last = apart.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else apart.push([start, end]);
  }
  return apart;
}

/** @param marked up to where the text belongs to a secret that has its mark already */
function without(codes: Uint16Array, hidden: readonly Range[], marked: number): Uint16Array {
  const safe = new Uint16Array(codes.length + hidden.length * MARK.length);
  let count = 0;
  let at = 0;
  for (const [start, end] of hidden) {
    if (start >= codes.length) break;
    safe.set(codes.subarray(at, start), count);
    count += start - at;
    at = Math.min(end, codes.length);
    if (start === 0 && marked > 0) continue;
    safe.set(codesOf(MARK), count);
    count += MARK.length;
  }
  safe.set(codes.subarray(at), count);
  return safe.subarray(0, count + codes.length - at);
}

const redactions = new WeakMap<SignedRequest, Redaction>();

/** What takes the secrets of a request out of texts about it. */
export function redactionFor(sent: SignedRequest): Redaction {
  let redaction = redactions.get(sent);
  if (redaction === undefined) {
    redaction = new Redaction(secretsOf(sent));
    redactions.set(sent, redaction);
  }
  return redaction;
}

function secretsOf({ headers, url, signature }: SignedRequest): Fragments[] {
  const { authorization, 'x-amz-security-token': header } = headers;
  const token = header ?? new URL(url).searchParams.get('X-Amz-Security-Token');
  const secrets: Fragments[] = [];
  if (token) secrets.push(...fragmentsOfToken(token));
  if (signature) secrets.push(new Fragments(Math.min(FRAGMENT, signature.length), [signature]));
  // It is hidden as a whole only: apart from the signature its parts are no secrets, and AWS
  // quotes them to explain.
  if (authorization) secrets.push(new Fragments(authorization.length, [authorization]));
  return secrets;
}

/** What was made for the last token, since all calls of a session have the same one. */
let latest: { readonly token: string; readonly fragments: readonly Fragments[] } | undefined;

function fragmentsOfToken(token: string): readonly Fragments[] {
  if (latest?.token !== token) {
    const spelled = [token, ...otherSpellings(token)];
    const [long, short] = [true, false].map((isLong) =>
      spelled.filter(({ length }) => length >= FRAGMENT === isLong),
    ) as [string[], string[]];
    const fragments = [new Fragments(FRAGMENT, long)];
    if (short.includes(token)) fragments.push(new Fragments(token.length, [token]));
    latest = { token, fragments };
  }
  return latest.fragments;
}

/** The bytes in hexadecimal, as S3 tells them and without spaces, and in base64. */
function otherSpellings(token: string): string[] {
  const hex = Array.from(token, (character) => character.charCodeAt(0).toString(16));
  return [hex.join(' '), hex.join(''), ...[0, 1, 2].map((shift) => inBase64(token, shift))];
}

/**
 * What base64 makes of a text that has `shift` bytes before it, modulo 3; without the characters
 * that depend on what stands before and after it.
 */
function inBase64(text: string, shift: number): string {
  const whole = btoa('\0'.repeat(shift) + text);
  return whole.slice(shift === 0 ? 0 : shift + 1).replace(/.=+$/, '');
}
