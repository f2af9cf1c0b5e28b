import { encodeText, hrefOf } from './canonical-url.ts';
import { UNSIGNED_PAYLOAD } from './payload-hash.ts';
import type { SignedRequest } from './request.ts';
import { headerRecord, namesOf, signedHeaders, sortedByName } from './signed-headers.ts';
import { payloadHash, scopeOf, type SigningContext } from './signing-context.ts';

/**
 * Signs into the query. The headers that it signs must be sent as they are.
 *
 * @param expiresIn seconds
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export async function signIntoQuery(
  context: SigningContext,
  expiresIn: number,
): Promise<SignedRequest> {
  const { prepared, target, rules, credentials, date, engine } = context;
  const { method, url, headers, body } = prepared;
  const { accessKeyId, sessionToken } = credentials;
  const signed = sortedByName(signedHeaders(prepared, []));
  const names = namesOf(signed);
  const scope = scopeOf(context);
  const token: [string, string][] =
    sessionToken === undefined ? [] : [['X-Amz-Security-Token', encodeText(sessionToken)]];
  const parameters: (readonly [string, string])[] = [
    ['X-Amz-Algorithm', engine.algorithm],
    ['X-Amz-Credential', encodeText(`${accessKeyId}/${scope}`)],
    ['X-Amz-Date', date.text],
    ['X-Amz-Expires', String(expiresIn)],
    ...(engine.hasRegionSet ? [['X-Amz-Region-Set', encodeText(target.region)] as const] : []),
    ['X-Amz-SignedHeaders', encodeText(names)],
    ...(rules.tokenAfterSigning ? [] : token),
  ];
  const made = await engine.sign({
    method,
    path: url.path,
    query: [...url.query, ...parameters],
    headers: signed,
    signedHeaders: names,
    // S3 wants no header that tells the hash; https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    payloadHash: rules.encodesPathTwice ? await payloadHash(context) : UNSIGNED_PAYLOAD,
    rules,
    credentials,
    target,
    scope,
    date,
  });
  const signature: [string, string] = ['X-Amz-Signature', made.signature];
  return {
    method,
    url: hrefOf(url, [
      ...url.query,
      ...parameters,
      ...(rules.tokenAfterSigning ? token : []),
      signature,
    ]),
    headers: headerRecord(headers),
    ...(body === undefined ? undefined : { body }),
    ...made,
  };
}
