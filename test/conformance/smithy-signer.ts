import { createHash, createHmac } from 'node:crypto';

import { SignatureV4 } from '@smithy/signature-v4';

import type { SignedRequest } from '@sigv4/signer';

type Hash = ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

/** SHA-256 in the form that smithy takes. */
class Sha256 {
  #hash: Hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

/** AWS's own signer, on the hashes of this platform unless others are given. */
export function smithySigner(
  signing: {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string | undefined;
    service: string;
    region: string;
  },
  sha256: ConstructorParameters<typeof SignatureV4>[0]['sha256'] = Sha256,
): SignatureV4 {
  const { accessKeyId, secretAccessKey, sessionToken, service, region } = signing;
  return new SignatureV4({
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? undefined : { sessionToken }),
    },
    service,
    region,
    sha256,
    applyChecksum: false,
  });
}

/** Has AWS's own signer sign what was sent, and gives its Authorization header. */
export async function smithyAuthorization(
  sent: SignedRequest,
  signer: SignatureV4,
  date: Date,
): Promise<string | undefined> {
  const url = new URL(sent.url);
  const { headers } = await signer.sign(
    {
      method: sent.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryBag(url.search),
      headers: signedByBoth(sent, url.host),
      body: sent.body,
    },
    { signingDate: date },
  );
  return headers['authorization'];
}

/** smithy takes the query decoded, as name → value or values. */
function queryBag(search: string): Record<string, string | string[]> {
  const bag = new Map<string, string[]>();
  for (const piece of search.slice(1).split('&').filter(Boolean)) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/.exec(piece) ?? [];
    const key = decode(name);
    bag.set(key, [...(bag.get(key) ?? []), decode(value)]);
  }
  const query: Record<string, string | string[]> = Object.create(null);
  for (const [name, values] of bag) query[name] = values;
  return query;
}

/** Bytes that are no UTF-8 cannot be told to smithy. */
function decode(text: string): string {
  return decodeURIComponent(text);
}

/** smithy signs every header it is given; ours tells which it signed. */
function signedByBoth(sent: SignedRequest, host: string): Record<string, string> {
  const names =
    /SignedHeaders=([^,]*)/.exec(sent.headers['authorization'] ?? '')?.[1]?.split(';') ?? [];
  const headers: Record<string, string> = Object.create(null);
  for (const name of names) headers[name] = sent.headers[name] ?? host;
  return headers;
}
