import { createSigner, type SignedRequest } from '@sigv4/signer';
import { isLoopback, readSignOptions } from '@sigv4/signer/client';

import type { KeptMessage } from './kept-exchange.ts';

/** A request as it was sent, with the canonical request that belongs to it. */
export interface SentRequest {
  readonly signed: SignedRequest;
  /** Headers that it was signed with, though they change on the way. */
  readonly changing: readonly string[];
}

/**
 * What a request that was kept should have been signed as. Its signature was made with a secret
 * that we do not have; for what differs, the canonical request is enough.
 *
 * @param payloadHash that of the body, if the body itself was not kept
 * @returns `undefined` if it bears no signature of ours
 */
export async function readSentRequest(
  { firstLine, headers, body }: KeptMessage,
  payloadHash: string | undefined,
): Promise<SentRequest | undefined> {
  const [method = '', target = ''] = firstLine.split(' ');
  const host = headers.get('host') ?? '';
  const scheme = isLoopback(host.replace(/:\d+$/, '')) ? 'http' : 'https';
  if (!URL.canParse(target, `${scheme}://${host}`)) return undefined;
  const url = new URL(target, `${scheme}://${host}`);
  const claim = claimOf(headers, url.searchParams);
  if (claim === undefined) return undefined;
  const { accessKeyId, region, service, names, date, expires, token, signature } = claim;
  const [signHeaders, changing] = signable(names);
  const inQuery = expires !== undefined;
  const signer = createSigner({
    credentials: { accessKeyId, secretAccessKey: 'unknown', ...(token && { sessionToken: token }) },
    region,
    service,
    signatureIn: inQuery ? 'query' : 'header',
    contentSha256Header: names.includes('x-amz-content-sha256'),
    allowInsecureHttp: true,
  });
  const made = await signer.sign(
    { method, url, headers: [...headers].filter(([name]) => name !== 'content-length'), body },
    { date, signHeaders, ...(inQuery && { expiresIn: expires }) },
  );
  const canonicalRequest =
    body === undefined && payloadHash !== undefined
      ? made.canonicalRequest.replace(/[^\n]*$/, payloadHash)
      : made.canonicalRequest;
  const authorization = headers.get('authorization');
  return {
    signed: {
      ...made,
      headers: { ...made.headers, ...(authorization && { authorization }) },
      signature,
      canonicalRequest,
    },
    changing,
  };
}

interface Claim {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly names: readonly string[];
  readonly date: Date;
  readonly expires: number | undefined;
  readonly token: string | undefined;
  readonly signature: string;
}

function claimOf(headers: KeptMessage['headers'], query: URLSearchParams): Claim | undefined {
  const authorization = headers.get('authorization') ?? '';
  const inQuery = query.get('X-Amz-Credential');
  const scope = inQuery ?? /Credential=([^,\s]+)/.exec(authorization)?.[1] ?? '';
  const [accessKeyId, , region, service] = scope.split('/');
  const text = query.get('X-Amz-Date') ?? headers.get('x-amz-date') ?? '';
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  if (!accessKeyId || !region || !service || year === undefined) return undefined;
  const names =
    query.get('X-Amz-SignedHeaders') ?? /SignedHeaders=([^,\s]+)/.exec(authorization)?.[1];
  return {
    accessKeyId,
    region,
    service,
    names: names?.split(';') ?? [],
    date: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
    expires: inQuery === null ? undefined : Number(query.get('X-Amz-Expires')),
    token: query.get('X-Amz-Security-Token') ?? headers.get('x-amz-security-token'),
    signature:
      query.get('X-Amz-Signature') ?? /Signature=([\da-f]+)/.exec(authorization)?.[1] ?? '',
  };
}

/** The signer refuses to sign headers that change on the way. */
function signable(names: readonly string[]): readonly [signable: string[], changing: string[]] {
  const changing = names.filter((name) => {
    try {
      readSignOptions({ signHeaders: [name] });
      return false;
    } catch {
      return true;
    }
  });
  return [names.filter((name) => !changing.includes(name)), changing];
}
