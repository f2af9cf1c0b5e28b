import type { SignedRequest } from '../request/request.ts';
import { CanonicalRequest } from './canonical-request.ts';
import type { SignatureEngine } from './engine.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { signedHeaders, type Stamp } from './stamp.ts';

/**
 * These are made anew for each attempt. What an earlier one, or another signer, left is dropped.
 */
const OF_A_SIGNATURE = [
  'authorization',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-region-set',
  'x-amz-security-token',
];

/**
 * Signs into the Authorization header. The request's own record of headers becomes that of the
 * signed one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signIntoHeader(
  request: PreparedRequest,
  stamp: Stamp,
  engine: SignatureEngine,
): Promise<SignedRequest> {
  const { method, url, headers, body, payloadHash } = request;
  dropSignature(headers);
  if (request.sendsPayloadHash) headers['x-amz-content-sha256'] = payloadHash;
  const signed = signedHeaders(headers, request.signHeaders, stamp);
  for (const [name, value] of stamp.headers) if (name !== 'host') headers[name] = value;
  const input = new CanonicalRequest(request, url.search, signed, payloadHash, stamp);
  const { canonicalRequest, stringToSign, signature } = await engine.sign(input);
  headers['authorization'] = `${stamp.authorization}${signed.names}, Signature=${signature}`;
  const href = url.origin + url.path + url.search;
  return body === undefined
    ? { method, url: href, headers, canonicalRequest, stringToSign, signature }
    : { method, url: href, headers, body, canonicalRequest, stringToSign, signature };
}

export function dropSignature(headers: Record<string, string>): void {
  for (const name of OF_A_SIGNATURE) if (name in headers) delete headers[name];
}
