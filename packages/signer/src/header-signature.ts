import { hrefOf } from './canonical-url.ts';
import { after, type Awaitable } from './hash.ts';
import { isUnsigned, payloadHash, scopeOf, type SigningContext } from './signing-context.ts';
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
export function signIntoHeader(context: SigningContext): Awaitable<SignedRequest> {
  return after(payloadHash(context), (hash) => {
    const { prepared, target, rules, credentials, date, engine } = context;
    const { method, url, headers, body } = prepared;
    const scope = scopeOf(context);
    const added = addedHeaders(context, hash);
    const signed = sortedByName(signedHeaders(prepared, added));
    const signedNames = namesOf(signed);
    const signing = engine.sign({
      method,
      path: url.path,
      query: url.query,
      headers: signed,
      signedHeaders: signedNames,
      payloadHash: hash,
      rules,
      credentials,
      target,
      scope,
      date,
    });
    return after(signing, ({ canonicalRequest, stringToSign, signature }) => {
      const sent = headerRecord(headers, added);
      sent['authorization'] =
        `${engine.algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`;
      const href = hrefOf(url, url.query);
      return body === undefined
        ? { method, url: href, headers: sent, canonicalRequest, stringToSign, signature }
        : { method, url: href, headers: sent, body, canonicalRequest, stringToSign, signature };
    });
  });
}

function addedHeaders(context: SigningContext, hash: string): HeaderList {
  const { target, rules, credentials, date, engine, contentSha256Header } = context;
  const added: HeaderList = [['x-amz-date', date.text]];
  if (engine.hasRegionSet) added.push(['x-amz-region-set', target.region]);
  if (credentials.sessionToken !== undefined) {
    added.push(['x-amz-security-token', credentials.sessionToken]);
  }
  if (contentSha256Header ?? (rules.needsContentSha256 || isUnsigned(context))) {
    added.push(['x-amz-content-sha256', hash]);
  }
  return added;
}
