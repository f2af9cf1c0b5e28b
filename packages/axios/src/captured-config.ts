import { emptyRecord } from '@sigv4/signer/client';
import type { InternalAxiosRequestConfig } from 'axios';

type Config = InternalAxiosRequestConfig;

/** Larger bodies are not copied, as docs/behaviour.md says. 16 MiB. */
const COPIED_BYTES = 16 * 1024 * 1024;

/**
 * A config as it is now. What the caller changes while we wait, for credentials above all, does
 * not reach the wire. It has no prototype: options that somebody put on `Object.prototype` are none.
 */
export function capturedConfig(config: Config): Config {
  const captured = Object.assign(emptyRecord() as object, config);
  captured.headers = config.headers.concat();
  if (typeof captured.data === 'object') captured.data = copyOfBody(captured.data);
  if (typeof captured.params === 'object') captured.params = copyOfOptions(captured.params);
  if (captured.fetchOptions)
    captured.fetchOptions = copyLike(captured.fetchOptions, captured.fetchOptions);
  return captured;
}

/**
 * axios 1.15.2 to 1.17.0 give configs without a prototype on purpose, so a copy has none either. It
 * has their own `hasOwnProperty` in its place, which is not enumerable.
 *
 * @param like what the copy is to be like
 * @param own its enumerable properties
 */
export function copyLike<T extends object>(like: object, own: T): T {
  const prototype: unknown = Object.getPrototypeOf(like);
  const copy = { ...own };
  if (prototype === Object.prototype) return copy;
  const inPlace = Object.getOwnPropertyDescriptor(like, 'hasOwnProperty');
  if (inPlace !== undefined) Object.defineProperty(copy, 'hasOwnProperty', inPlace);
  return Object.setPrototypeOf(copy, prototype as object | null);
}

/** Bytes and forms can be changed; all other bodies stay as they are, or can be read only once. */
function copyOfBody(body: unknown): unknown {
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (body instanceof FormData) return copyOfForm(body);
  if (body instanceof ArrayBuffer) return body.byteLength > COPIED_BYTES ? body : body.slice(0);
  if (!ArrayBuffer.isView(body) || body.byteLength > COPIED_BYTES) return body;
  const { buffer, byteOffset, byteLength } = body;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength).slice();
  return 'Buffer' in globalThis ? Buffer.from(bytes.buffer) : bytes;
}

function copyOfForm(form: FormData): FormData {
  const copy = new FormData();
  for (const [name, value] of form) copy.append(name, value);
  return copy;
}

/** A form of the form-data package is a stream, but may hold all of its bytes already. */
export interface FormStream {
  getBuffer(): Uint8Array;
  getHeaders(): Record<string, string>;
  getLengthSync(): number;
  hasKnownLength(): boolean;
}

/** Puts the bytes of such a form into the config, as axios' http adapter would send them. */
export function captureForm(captured: Config): void {
  const form = captured.data as Partial<FormStream> | null | undefined;
  if (typeof form?.getBuffer !== 'function' || typeof form.hasKnownLength !== 'function') return;
  const { data } = captured as { readonly data: FormStream };
  if (!data.hasKnownLength() || data.getLengthSync() > COPIED_BYTES) return;
  try {
    captured.data = data.getBuffer();
  } catch {
    // A part is a stream.
    return;
  }
  captured.headers.set(headersOfForm(data, captured));
}

/** What axios' http adapter takes of the headers that such a form names, its boundary above all. */
export function headersOfForm(
  form: Pick<FormStream, 'getHeaders'>,
  config: Config,
): Record<string, string> {
  const { formDataHeaderPolicy } = config as { formDataHeaderPolicy?: string };
  const named = Object.entries(form.getHeaders());
  if (formDataHeaderPolicy !== 'content-only') return Object.fromEntries(named);
  return Object.fromEntries(named.filter(([name]) => /^content-(?:type|length)$/i.test(name)));
}

/**
 * A copy of params, or of what else is made of plain objects and lists.
 *
 * @param depth how deep to copy
 */
export function copyOfOptions(value: unknown, depth = 4): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => copyOfOptions(item, depth - 1));
  if (value instanceof URLSearchParams) return new URLSearchParams(value);
  if (value instanceof Date) return new Date(value);
  const given: unknown = Object.getPrototypeOf(value);
  if (given !== Object.prototype && given !== null) return value;
  const copy = Object.create(given) as Fields;
  for (const [name, item] of Object.entries(value)) {
    if (name !== '__proto__') copy[name] = copyOfOptions(item, depth - 1);
  }
  return copy;
}

type Fields = Record<string, unknown>;
