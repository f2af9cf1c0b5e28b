import { getCanonicalHeaders, SignatureV4 } from '@smithy/signature-v4';

import { hash } from '#hash';

import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Signature, SignatureEngine, SignatureInput } from './engine.ts';
import { SigV4Error } from '../errors.ts';

type SmithyRequest = Parameters<typeof getCanonicalHeaders>[0];
type ChecksumConstructor = ConstructorParameters<typeof SignatureV4>[0]['sha256'];

/**
 * An engine that has AWS's own code make each signature: `@smithy/signature-v4`, an optional peer
 * dependency. For header and query signatures and presigned URLs.
 *
 * It is given the signed headers and the payload's hash, and the query name by name, so that what
 * it does by itself (guessing that a body is unsigned, trusting a hash in the headers, signing
 * every header, dropping empty values) has no say.
 *
 * @see https://github.com/smithy-lang/smithy-typescript/tree/main/packages/signature-v4
 */
export function smithyEngine(): SignatureEngine {
  const signers = new BoundedCache<Signing>(16);
  return {
    algorithm: 'AWS4-HMAC-SHA256',
    sign(input) {
      const { credentials, target, rules } = input;
      const { accessKeyId, secretAccessKey } = credentials;
      const key = `${target.region}/${target.service}/${rules.encodesPathTwice}/${accessKeyId}/${secretAccessKey}`;
      return signers.get(key, () => new Signing(input)).make(input);
    },
  };
}

/** AWS's signer for one key, target and rule. Session tokens come as headers or parameters. */
class Signing extends SignatureV4 {
  constructor({ credentials, target, rules }: SignatureInput) {
    const { accessKeyId, secretAccessKey } = credentials;
    super({
      service: target.service,
      region: target.region,
      credentials: { accessKeyId, secretAccessKey },
      sha256: Sha256 as ChecksumConstructor,
      applyChecksum: false,
      uriEscapePath: rules.encodesPathTwice,
    });
  }

  async make(input: SignatureInput): Promise<Signature> {
    const { payloadHash, date, scope, rules, path } = input;
    if (!rules.normalizesPath && rules.encodesPathTwice && path.includes('//')) {
      throw new TypeError(
        'normalizePath: smithyEngine() cannot sign a path with empty segments as it is; use the default engine',
      );
    }
    const request = requestOf(input);
    const all = new Set(Object.keys(request.headers));
    const canonicalRequest = this.createCanonicalRequest(
      request,
      getCanonicalHeaders(request, undefined, all),
      payloadHash,
    );
    const stringToSign = await this.createStringToSign(
      date.text,
      scope,
      canonicalRequest,
      'AWS4-HMAC-SHA256',
    );
    const signingDate = new Date(date.text.replace(DATE, '$1-$2-$3T$4:$5:$6Z'));
    return {
      canonicalRequest,
      stringToSign,
      signature: await this.sign(stringToSign, { signingDate }),
    };
  }
}

function requestOf({ method, path, query, headers }: SignatureInput): SmithyRequest {
  const bag = new Map<string, string[]>();
  for (const [name, value] of query) {
    const values = bag.get(name);
    if (values) values.push(decode(value ?? ''));
    else bag.set(name, [decode(value ?? '')]);
  }
  return {
    method,
    protocol: 'https:',
    hostname: 'unused',
    path,
    query: dictionary([...bag].map(([name, values]) => [decode(name), values])),
    headers: dictionary(headers),
  };
}

const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * Decodes a name or a value, because smithy encodes it again.
 *
 * @throws {SigV4Error} ERR_SIGV4_URL at what smithy would drop or cannot be told
 */
function decode(text: string): string {
  let decoded: string | undefined;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    // The error below tells it.
  }
  const isLost = decoded === '__proto__' || decoded?.toLowerCase() === 'x-amz-signature';
  if (decoded !== undefined && !isLost) return decoded;
  throw new SigV4Error(
    'ERR_SIGV4_URL',
    `url: smithyEngine() cannot sign ${JSON.stringify(text)} in a query: ${decoded === undefined ? 'it is no UTF-8' : 'it would be lost'}; use the default engine`,
  );
}

function dictionary<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const record: Record<string, Value> = Object.create(null);
  for (const [name, value] of entries) record[name] = value;
  return record;
}

/** SHA-256 and HMAC-SHA-256 of the platform, in the form that smithy takes. */
class Sha256 {
  readonly #secret: Uint8Array | string | undefined;
  #data: Uint8Array = new Uint8Array();

  constructor(secret?: Uint8Array | string) {
    this.#secret = secret;
  }

  update(data: Uint8Array | string): void {
    const added = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const joined = new Uint8Array(this.#data.length + added.length);
    joined.set(this.#data);
    joined.set(added, this.#data.length);
    this.#data = joined;
  }

  async digest(): Promise<Uint8Array> {
    return this.#secret === undefined
      ? bytesOfHex(await hash.sha256Hex(this.#data))
      : hash.hmac(this.#secret, this.#data);
  }

  reset(): void {
    this.#data = new Uint8Array();
  }
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
