/** A request as it came over the wire. */
export interface RawRequest {
  /** As in the request line. */
  readonly method: string;
  /** As in the request line: path and query, undecoded. */
  readonly target: string;
  /** In the order, case and number in which they came. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/**
 * A web `Request` as a fetch would send it: its body is read, of a copy; its `Host` is that of the
 * URL, unless it bears one.
 *
 * @throws {TypeError} if its body has been read before
 */
export async function rawRequest(request: Request): Promise<RawRequest> {
  if (request.bodyUsed) throw new TypeError('the body of the request has been read before');
  const { host, pathname, search } = new URL(request.url);
  const headers = [...request.headers];
  return {
    method: request.method,
    target: pathname + search,
    rawHeaders: request.headers.has('host') ? headers : [['host', host], ...headers],
    body: new Uint8Array(await request.clone().arrayBuffer()),
  };
}

/** All values of a header, in order. */
export function headerValues(request: Pick<RawRequest, 'rawHeaders'>, name: string): string[] {
  return request.rawHeaders.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/** The host that was asked, in lower case and without the port. */
export function requestedHost(request: RawRequest): string {
  const [host = ''] = headerValues(request, 'host');
  return host.toLowerCase().replace(/:\d+$/, '');
}

/** The raw path, and the query without its `?`. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark === -1
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Query parameters in order, decoded as in a form: `+` means a space, and a stray `%` stays. */
export function queryParameters(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const [, name = '', value = ''] = /^([^=]*)=?([\s\S]*)$/.exec(piece) ?? [];
      return [decodeForm(name), decodeForm(value)];
    });
}

function decodeForm(text: string): string {
  return percentDecode(text.replaceAll('+', ' '));
}

/** Removes HTTP's optional white space around a text, and no other characters. */
export function trimBlanks(text: string): string {
  return text.replaceAll(/^[ \t]+|[ \t]+$/g, '');
}

/** Decodes into Latin-1, one character for each byte, so that bytes that are not UTF-8 survive. */
export function percentDecode(text: string): string {
  // Nearly all texts need no decoding.
  if (/^[^%\u0080-\uFFFF]*$/.test(text)) return text;
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  return bytes.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** The text that bytes in Latin-1 mean in UTF-8. */
export function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
