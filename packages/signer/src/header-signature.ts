import { hrefOf } from './canonical-url.ts';
import { payloadHash, scopeOf, type SigningContext } from './signing-context.ts';
import type { SignedRequest } from './request.ts';
import {
  headerRecord,
  namesOf,
  signedHeaders,
  sortedByName,
  type HeaderList,
} from './signed-headers.ts';

/**
 * Signs into the Authorization header.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function signIntoHeader(context: SigningContext): Promise<SignedRequest> {
  const { prepared, target, credentials, date, engine } = context;
  const { method, url, headers, body, rules } = prepared;
  const { accessKeyId, sessionToken } = credentials;
  const hashing = payloadHash(prepared);
  const hash = typeof hashing === 'string' ? hashing : await hashing;
  const scope = scopeOf(context);

  const added: HeaderList = [['x-amz-date', date.text]];
  if (engine.hasRegionSet) added.push(['x-amz-region-set', target.region]);
  if (sessionToken !== undefined) added.push(['x-amz-security-token', sessionToken]);
  if (context.contentSha256Header ?? (rules.needsContentSha256 || prepared.unsignedPayload)) {
    added.push(['x-amz-content-sha256', hash]);
  }
  const signed = sortedByName(signedHeaders(prepared).concat(added));
  const names = namesOf(signed);
  const made = await engine.sign({
    method,
    path: url.path,
    query: url.query,
    headers: signed,
    signedHeaders: names,
    payloadHash: hash,
    rules,
    credentials,
    target,
    scope,
    date,
  });
  const sent = headerRecord(headers);
  for (const [name, value] of added) sent[name] = value;
  sent['authorization'] =
    `${engine.algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${made.signature}`;
  return {
    method,
    url: hrefOf(url, url.query),
    headers: sent,
    ...(body === undefined ? undefined : { body }),
    ...made,
  };
}
