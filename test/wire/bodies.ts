/** What a test sends as a body. */
export interface Body {
  readonly name: string;
  /** A new one each time, since streams can be read once. */
  readonly make: () => unknown;
  /** The bytes that must arrive; of a form, with its boundary replaced. */
  readonly bytes: Uint8Array;
}

export const TEXT = 'grüße 😀';
export const MIB_10 = 10_485_760;
/** Each byte there is. */
const OCTETS = Uint8Array.from({ length: 256 }, (_, at) => at);

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Not all alike, so that pieces in the wrong order are seen. */
export function large(size: number = MIB_10): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 1021) bytes[at] = at % 251;
  return bytes;
}

export function webStream(bytes: Uint8Array, chunk = 65_536): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + chunk));
      at += chunk;
    },
  });
}

async function* iterable(): AsyncGenerator<Uint8Array> {
  yield OCTETS.subarray(0, 100);
  yield OCTETS.subarray(100);
}

function form(): FormData {
  const made = new FormData();
  made.append('a', TEXT);
  made.append('a', 'again');
  made.append('file', new File([OCTETS], 'näme "x".bin', { type: 'application/x-a' }));
  return made;
}

const FORM = [
  '--BOUNDARY\r\nContent-Disposition: form-data; name="a"\r\n\r\ngrüße 😀\r\n',
  '--BOUNDARY\r\nContent-Disposition: form-data; name="a"\r\n\r\nagain\r\n',
  '--BOUNDARY\r\nContent-Disposition: form-data; name="file"; filename="näme %22x%22.bin"\r\n',
  'Content-Type: application/x-a\r\n\r\n',
].join('');

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => Array.from(part)));
}

/** Those that browsers have too. */
export const WEB_BODIES: readonly Body[] = [
  { name: 'none', make: () => undefined, bytes: utf8('') },
  { name: 'a string', make: () => TEXT, bytes: utf8(TEXT) },
  { name: 'an empty string', make: () => '', bytes: utf8('') },
  { name: 'JSON', make: () => JSON.stringify({ a: TEXT }), bytes: utf8(`{"a":"${TEXT}"}`) },
  {
    name: 'URLSearchParams',
    make: () => new URLSearchParams({ a: 'b c', ü: '€' }),
    bytes: utf8('a=b+c&%C3%BC=%E2%82%AC'),
  },
  {
    name: 'a typed-array view into a larger buffer',
    make: () => concat(utf8('before'), OCTETS, utf8('after')).subarray(6, 262),
    bytes: OCTETS,
  },
  { name: 'an ArrayBuffer', make: () => OCTETS.slice().buffer, bytes: OCTETS },
  { name: '0 bytes', make: () => new Uint8Array(), bytes: utf8('') },
  { name: 'a Blob', make: () => new Blob([OCTETS.slice(0, 9), OCTETS.slice(9)]), bytes: OCTETS },
  {
    name: 'a File',
    make: () => new File([OCTETS], 'a.bin', { type: 'Application/X-A; Charset=UTF-8' }),
    bytes: OCTETS,
  },
  {
    name: 'FormData with a file',
    make: form,
    bytes: concat(utf8(FORM), OCTETS, utf8('\r\n--BOUNDARY--')),
  },
  { name: 'a web stream', make: () => webStream(OCTETS, 100), bytes: OCTETS },
  { name: 'an empty web stream', make: () => webStream(new Uint8Array()), bytes: utf8('') },
  { name: 'an async iterable', make: iterable, bytes: OCTETS },
  { name: '10 MiB', make: () => large(), bytes: large() },
  {
    name: '10 MiB as a string',
    make: () => 'ü'.repeat(MIB_10 / 2),
    bytes: utf8('ü'.repeat(MIB_10 / 2)),
  },
  { name: '10 MiB as a web stream', make: () => webStream(large()), bytes: large() },
];
