import axios from 'axios';

import type { Body } from './bodies.ts';
import { judge, sha256, type Judged } from './judge.ts';
import type { RawServer } from './raw-server.ts';

/**
 * What a client does with a body by itself, where that is not to send it: it sends another one,
 * and so must the signed client; or it cannot send it, or not with its type, and the signed client
 * must nevertheless.
 */
type Exception = 'unsendable' | ((body: Uint8Array) => Uint8Array);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** axios takes a view for the buffer behind it, and what it does not know for JSON. */
const AXIOS: Readonly<Record<string, Exception>> = {
  'a typed-array view into a larger buffer': (view) =>
    new Uint8Array([...utf8('before'), ...view, ...utf8('after')]),
  'an async iterable': () => utf8('{}'),
};
const isOldAxios = axios.VERSION.startsWith('1.7.');

const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, Exception>>>> = {
  'axios, http adapter': {
    ...AXIOS,
    'a web stream': 'unsendable',
    'an empty web stream': 'unsendable',
    '10 MiB as a web stream': 'unsendable',
    ...(isOldAxios && { 'a File': 'unsendable', 'FormData with a file': 'unsendable' }),
  },
  'axios, fetch adapter': {
    ...AXIOS,
    'a Blob': 'unsendable',
    'a File': 'unsendable',
    'FormData with a file': 'unsendable',
    'the form-data package': 'unsendable',
  },
  fetch: { 'the form-data package': 'unsendable' },
  // It knows its own FormData only.
  'fetch of undici': {
    'FormData with a file': 'unsendable',
    'the form-data package': 'unsendable',
  },
  ky: { 'the form-data package': () => utf8('[object FormData]') },
  'browser: axios, xhr adapter': {
    ...AXIOS,
    'a Blob': 'unsendable',
    'a File': 'unsendable',
    'a web stream': 'unsendable',
    'an empty web stream': 'unsendable',
  },
  'browser: axios, fetch adapter': {
    ...AXIOS,
    'a Blob': 'unsendable',
    'a File': 'unsendable',
    // Chromium streams over HTTP/2 only, and others do not stream at all.
    'a web stream': 'unsendable',
    'an empty web stream': 'unsendable',
  },
  'browser: fetch': {
    'a web stream': 'unsendable',
    'an empty web stream': 'unsendable',
    'an async iterable': 'unsendable',
  },
  'browser: ky': {
    'a web stream': 'unsendable',
    'an empty web stream': 'unsendable',
    'an async iterable': () => utf8('[object AsyncGenerator]'),
  },
  // ky makes a Request of the stream first, and Firefox makes text of it then.
  'Firefox: ky': {
    'a web stream': () => utf8('[object ReadableStream]'),
    'an empty web stream': () => utf8('[object ReadableStream]'),
    'an async iterable': () => utf8('[object AsyncGenerator]'),
  },
};

/**
 * What is not as it should be with a body that is sent signed, beside the same sent unsigned by
 * the same client: the signature, the bytes or the type. Nothing, if all is well.
 */
export async function compareBody(
  server: RawServer,
  client: string,
  body: Body,
  send: (signed: boolean) => Promise<unknown>,
): Promise<string[]> {
  const exception = EXCEPTIONS[client]?.[body.name];
  const ours = await came(server, send(true));
  const theirs = await came(server, send(false));
  if (ours instanceof Error) return [`signed: ${ours.message}`];
  const wrong: string[] = [];
  const bytes = typeof exception === 'function' ? exception(body.bytes) : body.bytes;
  if (ours.verdict !== 'ok') wrong.push(`the signature: ${ours.verdict}`);
  if (ours.body !== sha256(bytes)) wrong.push(`${ours.length} bytes came, not ${bytes.length}`);
  const isSame =
    !(theirs instanceof Error) && theirs.body === ours.body && theirs.type === ours.type;
  if (isSame === (exception === 'unsendable')) wrong.push(`unsigned: ${JSON.stringify(theirs)}`);
  return wrong;
}

async function came(server: RawServer, sending: Promise<unknown>): Promise<Judged | Error> {
  const before = server.requests.length;
  try {
    await sending;
    const request = server.requests.at(before);
    return request ? judge(request) : new Error('nothing came');
  } catch (error) {
    return error as Error;
  }
}
