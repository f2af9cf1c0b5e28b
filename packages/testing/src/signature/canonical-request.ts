import {
  headerValues,
  percentDecode,
  queryParameters,
  splitTarget,
  type RawRequest,
} from '../wire/raw-request.ts';

/*
 * Written from "Create a signed AWS API request" in the IAM User Guide, not from the signer:
 * a mistake there must not verify itself here.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

/**
 * @param signedHeaders names in lower case, as the signature lists them
 * @param withoutParameters of the query, in the case in which they are sent
 */
export function canonicalForm(
  request: RawRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
  service: string,
  withoutParameters: readonly string[],
): string {
  const { path, query } = splitTarget(request.target);
  const parameters = queryParameters(query).filter(([name]) => !withoutParameters.includes(name));
  return [
    request.method,
    isS3(service) ? canonicalUriOfS3(path) : canonicalUri(path),
    canonicalQueryString(parameters),
    ...signedHeaders.map((name) => `${name}:${canonicalHeaderValue(headerValues(request, name))}`),
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** The wire's path without `.`, `..` and empty segments, every byte of it encoded once more. */
function canonicalUri(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(uriEncode(Buffer.from(segment, 'utf8')));
  }
  const trailing = kept.length > 0 && /(?:\/|\/\.|\/\.\.)$/.test(path) ? '/' : '';
  // A target that is not a path, such as `*`, does not become one.
  const start = path === '' || path.startsWith('/') ? '/' : '';
  return `${start}${kept.join('/')}${trailing}`;
}

/** "Amazon S3 … you do not normalize URI paths", and encode them once. */
function canonicalUriOfS3(path: string): string {
  return path
    .split('/')
    .map((segment) => uriEncode(Buffer.from(percentDecode(segment), 'latin1')))
    .join('/');
}

export function isS3(service: string): boolean {
  return /^s3(?:express|-outposts|-object-lambda)?$/.test(service);
}

function canonicalQueryString(parameters: readonly (readonly [string, string])[]): string {
  const encoded = parameters.map(
    ([name, value]) =>
      [uriEncode(Buffer.from(name, 'latin1')), uriEncode(Buffer.from(value, 'latin1'))] as const,
  );
  // AWS sorts by code point: by names first, then by values.
  encoded.sort(
    (a, b) =>
      Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) ||
      Buffer.compare(Buffer.from(a[1]), Buffer.from(b[1])),
  );
  return encoded.map((pair) => pair.join('=')).join('&');
}

/** "Trim() … and convert sequential spaces to a single space"; several of one name joined by commas. */
function canonicalHeaderValue(values: readonly string[]): string {
  return values
    .map((value) =>
      value
        .split(/[ \t]+/)
        .filter(Boolean)
        .join(' '),
    )
    .join(',');
}

/** "URI encode every byte except the unreserved characters: A-Z, a-z, 0-9, -, ., _, ~" */
function uriEncode(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(
      /[^A-Za-z0-9\-._~]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}
