import { readContent, type SignableRequest } from '@sigv4/signer';

/** A fetch call with its body as exact bytes, and the rest of what the call said. */
export interface CapturedRequest {
  readonly request: SignableRequest;
  /** Everything but method, headers and body. */
  readonly init: RequestInit;
}

/** What a Request carries beside method, URL, headers and body. */
const REQUEST_FIELDS = [
  'cache',
  'credentials',
  'integrity',
  'keepalive',
  'mode',
  'redirect',
  'referrer',
  'referrerPolicy',
  'signal',
] as const satisfies readonly (keyof Request & keyof RequestInit)[];

/**
 * Reads a fetch call the way fetch would: what `init` says goes before what a Request says, and a
 * body without content type gets the one that fetch gives it.
 *
 * A Request's body, and a stream, are read; as with fetch they are used up afterwards.
 *
 * @throws {TypeError} as fetch does: a body on GET, one that was used before, …
 */
export async function captureRequest(
  input: RequestInfo | URL,
  url: string,
  init: RequestInit,
): Promise<CapturedRequest> {
  const { method, headers, body, ...rest } = init;
  const given = typeof input === 'object' && !(input instanceof URL) ? input : undefined;
  const captured = new Headers(headers ?? given?.headers);
  // fetch sends the URL's own, whatever this says.
  captured.delete('host');
  const usedMethod = method ?? given?.method ?? 'GET';
  const hasBody = body !== undefined && body !== null;
  if (hasBody && /^(?:get|head)$/i.test(usedMethod)) {
    throw new TypeError(`Request with ${usedMethod.toUpperCase()} method cannot have body.`);
  }
  const source = hasBody ? body : given?.body === null ? undefined : given;
  const content = source === undefined ? undefined : await readContent(source);
  if (hasBody && content?.type && needsType(captured, content.type)) {
    captured.set('content-type', content.type);
  }
  return {
    request: {
      method: usedMethod,
      url,
      headers: captured,
      body: content?.bytes,
    },
    init: { ...(given && fieldsOf(given)), ...rest },
  };
}

/** A multipart type without boundary cannot be read by anyone; the body's own has it. */
function needsType(headers: Headers, type: string): boolean {
  const named = headers.get('content-type');
  return (
    named === null ||
    (type.startsWith('multipart/form-data') &&
      /^multipart\/form-data\s*(?:;(?!.*boundary=).*)?$/i.test(named))
  );
}

function fieldsOf(request: Request): RequestInit {
  const fields: Record<string, unknown> = {};
  for (const name of REQUEST_FIELDS) {
    const value: unknown = request[name];
    // 'navigate' cannot be asked for; a Request of a page load has it.
    if (value !== undefined && value !== 'navigate') fields[name] = value;
  }
  return fields;
}
