import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';

import type { OidcProviderDefinition } from '../iam/account-definition.ts';

/** The claims that STS wants in each token. */
export interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly iat: number;
  readonly nbf?: unknown;
  readonly azp?: unknown;
  readonly [claim: string]: unknown;
}

interface Token {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The text that the signature covers. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** @returns `undefined` if it is none: a JWS in compact form with JSON in it */
export function readToken(text: string): Token | undefined {
  const [, header = '', claims = '', signature = ''] =
    /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text) ?? [];
  const parsed = [header, claims].map(parseObject);
  const bytes = Buffer.from(signature, 'base64url');
  if (parsed[0] === undefined || parsed[1] === undefined) return undefined;
  // The last character must have no bits to spare, or there would be several texts of one signature.
  if (bytes.toString('base64url') !== signature) return undefined;
  return { header: parsed[0], claims: parsed[1], signed: `${header}.${claims}`, signature: bytes };
}

function parseObject(encoded: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** @returns the first claim that is missing or of another type, `undefined` if none is */
export function missingClaim(claims: Readonly<Record<string, unknown>>): string | undefined {
  const { aud } = claims;
  const isAudience =
    typeof aud === 'string' || (Array.isArray(aud) && aud.every((one) => typeof one === 'string'));
  return [
    ...['iss', 'sub'].filter((name) => typeof claims[name] !== 'string' || claims[name] === ''),
    ...(isAudience ? [] : ['aud']),
    ...['exp', 'iat'].filter((name) => !Number.isFinite(claims[name])),
  ][0];
}

type Algorithm = readonly [hash: string, type: 'rsa' | 'ec', curve?: string];

/** RFC 7518, as far as IAM takes it. */
const ALGORITHMS: ReadonlyMap<unknown, Algorithm> = new Map([
  ['RS256', ['sha256', 'rsa']],
  ['RS384', ['sha384', 'rsa']],
  ['RS512', ['sha512', 'rsa']],
  ['ES256', ['sha256', 'ec', 'prime256v1']],
  ['ES384', ['sha384', 'ec', 'secp384r1']],
  ['ES512', ['sha512', 'ec', 'secp521r1']],
]);

/** @returns the key of a provider that a token names, `undefined` if it has none for it */
export function keyOfToken(
  { header }: Token,
  { jwks }: OidcProviderDefinition,
): KeyObject | undefined {
  // RFC 7515, 4.1.11: `crit` names extensions that must be understood, and none is here.
  if (header['crit'] !== undefined) return undefined;
  const keys = jwks.keys as readonly JsonWebKey[];
  const named = keys.filter(
    ({ kid, alg, use }) =>
      (header['kid'] === undefined || kid === header['kid']) &&
      (alg === undefined || alg === header['alg']) &&
      (use === undefined || use === 'sig'),
  );
  const fitting = named.map(publicKey).filter((key) => key && fits(key, header['alg']));
  // Without a key id, exactly one key must fit.
  return fitting.length === 1 ? fitting[0] : undefined;
}

export function isTokenSignature(token: Token, key: KeyObject): boolean {
  const [hash] = ALGORITHMS.get(token.header['alg']) ?? [];
  return (
    hash !== undefined &&
    verify(hash, Buffer.from(token.signed), { key, dsaEncoding: 'ieee-p1363' }, token.signature)
  );
}

function fits(key: KeyObject, algorithm: unknown): boolean {
  const [, type, curve] = ALGORITHMS.get(algorithm) ?? [];
  return key.asymmetricKeyType === type && key.asymmetricKeyDetails?.namedCurve === curve;
}

function publicKey(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
