import { hash } from '#hash';

import { canonicalRequest } from './canonical-request.ts';
import type { Credentials } from './credentials.ts';
import type { PreparedRequest } from './prepared-request.ts';
import type { HeaderMap, SignedRequest } from './request.ts';
import type { SigningKeys } from './signing-key.ts';
import type { Target } from './target.ts';
import type { Timestamp } from './timestamp.ts';

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** SHA-256 of nothing: what most requests have as body. */
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Made anew for each attempt; what an earlier one, or another signer, left is dropped. */
const OF_A_SIGNATURE: ReadonlySet<string> = new Set([
  'authorization',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
]);

/**
 * Signs into the Authorization header.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signIntoHeader(
  { method, url, headers, body, signHeaders }: PreparedRequest,
  { service, region }: Target,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  { text: date, day }: Timestamp,
  keys: SigningKeys,
): Promise<SignedRequest> {
  const sent: HeaderMap = new Map();
  for (const [name, value] of headers) if (!OF_A_SIGNATURE.has(name)) sent.set(name, value);
  sent.set('x-amz-date', date);
  if (sessionToken !== undefined) sent.set('x-amz-security-token', sessionToken);

  // Every client derives Host from the URL; it is signed, and sent only if the caller named it.
  const signed = sent.has('host') ? sent : new Map(sent).set('host', url.host);
  const payloadHash = body === undefined ? EMPTY_HASH : await hash.sha256Hex(body);
  const canonical = canonicalRequest(method, url, signed, signHeaders, payloadHash);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const stringToSign = `${ALGORITHM}\n${date}\n${scope}\n${await hash.sha256Hex(canonical.text)}`;
  const key = await keys.get(secretAccessKey, day, { service, region });
  const signature = await hash.hmacHex(key, stringToSign);

  sent.set(
    'authorization',
    `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${canonical.signedHeaders}, Signature=${signature}`,
  );
  return {
    method,
    url: url.href,
    headers: record(sent),
    ...(body === undefined ? undefined : { body }),
    canonicalRequest: canonical.text,
    stringToSign,
    signature,
  };
}

/** Without a prototype: `__proto__` is a legal header name. */
function record(headers: HeaderMap): Record<string, string> {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of headers) fields[name] = value;
  return fields;
}
