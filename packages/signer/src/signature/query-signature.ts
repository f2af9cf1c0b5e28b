import { UNSIGNED_PAYLOAD } from '../request/payload-hash.ts';
import type { SignedRequest } from '../request/request.ts';
import { encodeText, withParameters } from '../request/url.ts';
import { CanonicalRequest } from './canonical-request.ts';
import type { SignatureEngine } from './engine.ts';
import { dropSignature } from './header-signature.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { signedHeaders, type Stamp } from './stamp.ts';

/**
 * Signs into the query. The headers that it signs must be sent as they are.
 *
 * @param expiresIn seconds
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function signIntoQuery(
  request: PreparedRequest,
  stamp: Stamp,
  engine: SignatureEngine,
  expiresIn: number,
): Promise<SignedRequest> {
  const { method, url, headers, body } = request;
  const { target, rules } = stamp.placement;
  const { accessKeyId, sessionToken } = stamp.credentials;
  dropSignature(headers);
  const host = [['host', request.host]] as const;
  const signed = signedHeaders(headers, request.signHeaders, {
    headers: host,
    linesFrom: [`host:${request.host}\n`],
    namesFrom: [';host'],
  });
  const token =
    sessionToken === undefined ? '' : `&X-Amz-Security-Token=${encodeText(sessionToken)}`;
  const parameters = [
    `X-Amz-Algorithm=${engine.algorithm}`,
    `X-Amz-Credential=${encodeText(`${accessKeyId}/${stamp.scope}`)}`,
    `X-Amz-Date=${stamp.date.text}`,
    `X-Amz-Expires=${expiresIn}`,
    ...(engine.hasRegionSet ? [`X-Amz-Region-Set=${encodeText(target.region)}`] : []),
    `X-Amz-SignedHeaders=${encodeText(signed.names)}`,
  ].join('&');
  const search = withParameters(
    url.search,
    rules.tokenAfterSigning ? parameters : parameters + token,
  );
  // S3 wants no header that tells the hash; https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  const payloadHash = rules.encodesPathTwice ? request.payloadHash : UNSIGNED_PAYLOAD;
  const made = await engine.sign(new CanonicalRequest(request, search, signed, payloadHash, stamp));
  const after = `${rules.tokenAfterSigning ? token : ''}&X-Amz-Signature=${made.signature}`;
  return {
    method,
    url: url.origin + url.path + search + after,
    headers,
    ...(body === undefined ? undefined : { body }),
    ...made,
  };
}
