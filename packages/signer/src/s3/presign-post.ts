import { hash } from '#hash';

import {
  FUNCTION,
  readOptions,
  unexpected,
  type OptionRule,
  type OptionRules,
} from '../check-options.ts';
import { credentialsSource } from '../credentials/credentials-source.ts';
import type { Credentials, CredentialsProvider } from '../credentials/credentials.ts';
import { SIGN_OPTIONS, SIGNER_OPTIONS } from '../options.ts';
import { isUrl, parseUrl } from '../request/url.ts';
import { SigningKeys } from '../signature/signing-key.ts';
import { timestamp } from '../signature/timestamp.ts';
import { withoutDnsSuffix } from '../target/dns-suffix.ts';
import { REGION, refuseRegionSet } from '../target/region.ts';
import { refuseUnsignable } from '../target/signable.ts';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html */
export type PostCondition =
  | readonly ['eq' | 'starts-with', field: `$${string}`, value: string]
  | readonly ['content-length-range', min: number, max: number]
  | Readonly<Record<string, string>>;

/** What a form for uploads to S3 allows, for how long, and who signs it. */
export interface PresignPostOptions {
  /** The bucket's own address: `https://bucket.s3.eu-west-1.amazonaws.com/`. */
  readonly url: URL | string;
  readonly region: string;
  readonly credentials: Credentials | CredentialsProvider;
  /** The object's key; `${filename}` at its end stands for the name of the uploaded file. */
  readonly key: string;
  /**
   * The bucket that the policy holds for. Default: the one that the URL names, in S3's host names
   * or as the only segment of the path. Where the URL names none (a custom domain, an access
   * point, a bucket in the host name of another storage), this option must.
   */
  readonly bucket?: string | undefined;
  /** What the form must fulfil besides having the fields as they are here. */
  readonly conditions?: readonly PostCondition[] | undefined;
  /** More fields: `acl`, `Content-Type`, `success_action_redirect`, `x-amz-meta-…`. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  /** Seconds, 1 to 604,800. Default: 3600. */
  readonly expiresIn?: number | undefined;
  /** Default: what `now` gives. */
  readonly date?: Date | undefined;
  /**
   * The clock for a URL, ms since the epoch; `now` of a signer knows what that learned. Default:
   * `Date.now`.
   */
  readonly now?: ((url: string) => number) | undefined;
}

/** A form's address, and the fields that have to stand before its field `file`. */
export interface PresignedPost {
  readonly url: string;
  readonly fields: Record<string, string>;
}

/**
 * Lets a browser upload to S3 by an HTML form or FormData, within what the policy allows. The
 * policy always names the bucket: without that, S3 refuses the form, and a server that is less
 * strict would take it for any other bucket of the signer's.
 *
 * @example
 * ```ts
 * const { url, fields } = await presignPost({
 *   url: 'https://my-uploads.s3.eu-west-1.amazonaws.com/',
 *   region: 'eu-west-1',
 *   credentials: defaultCredentials(),
 *   key: 'photos/${filename}',
 *   conditions: [['content-length-range', 1, 5_000_000]],
 * });
 * ```
 * @throws {TypeError} a wrong option, a bucket that the URL contradicts or that nobody names, or a
 * condition that contradicts the fields
 * @throws {SigV4Error} ERR_SIGV4_URL, ERR_SIGV4_CREDENTIALS
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
export async function presignPost(options: PresignPostOptions): Promise<PresignedPost> {
  const own = readOptions(options, OPTIONS);
  const { region, key, conditions = [], fields = {}, expiresIn = 3600, now = Date.now } = own;
  for (const name of REQUIRED) {
    if (own[name] === undefined) throw unexpected(name, OPTIONS[name].expected, undefined);
  }
  const address = parseUrl(own.url);
  refuseUnsignable(address, false);
  const url = address.href;
  const bucket = bucketOf(address, own.bucket);
  if (key.includes(FILENAME) && key.indexOf(FILENAME) !== key.length - FILENAME.length) {
    throw new TypeError(
      'key: ${filename} can stand at its end only, since the policy cannot tell what follows',
    );
  }
  refuseRegionSet(region);
  refuseOwnFields(fields);
  conditions.forEach(checkCondition);
  // The caller can change its objects while we wait for credentials, so copy them now.
  const form = { ...fields, bucket, key };
  const wanted = structuredClone(conditions);
  const given = own.date?.getTime();
  const signedWith = await credentialsSource(own.credentials).get();
  const { accessKeyId, sessionToken } = signedWith;

  const at = given ?? now(url);
  const { text: date, day } = timestamp(at);
  const scope = `${day}/${region}/s3/aws4_request`;
  const all: Record<string, string> = {
    ...form,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': date,
    ...(sessionToken === undefined ? undefined : { 'X-Amz-Security-Token': sessionToken }),
  };
  wanted.forEach((condition) => refuseContradiction(condition, all));
  const policy = base64(
    JSON.stringify({
      expiration: new Date(at + expiresIn * 1000).toISOString(),
      conditions: [...wanted, ...Object.entries(all).map(conditionOf)],
    }),
  );
  const signature = await signPolicy(policy, signedWith, day, region);
  return { url, fields: { ...all, Policy: policy, 'X-Amz-Signature': signature } };
}

/**
 * S3's hosts that take forms, without the partition's suffix: {bucket}.{host}/ or {host}/{bucket}.
 * A literal, since bundlers keep `new RegExp` for those who make no forms.
 */
const S3_HOST =
  /^(?:(.+)\.)?(?:s3|s3-external-1|s3-accelerate(?:\.dualstack)?|s3(?:-fips)?(?:\.dualstack)?[.-][a-z]{2,4}(?:-[a-z]+)+-\d+|bucket\.vpce-[^.]+\.s3\.[a-z]{2,4}(?:-[a-z]+)+-\d+\.vpce)$/;

function bucketOf(url: URL, named: string | undefined): string {
  const told = bucketIn(url);
  const bucket = named ?? told;
  if (bucket === undefined) {
    throw new TypeError(
      `bucket: ${url.host} does not tell which bucket the form is for; name it, for example { bucket: 'uploads' }`,
    );
  }
  if (told !== undefined && told !== bucket) {
    throw new TypeError(
      `bucket: the form would go to the bucket '${told}', which the URL names, with a policy for '${bucket}'; change one of the two`,
    );
  }
  return bucket;
}

/** @returns the bucket in the URL; `undefined` if it does not tell */
function bucketIn({ hostname, pathname }: URL): string | undefined {
  const name = withoutDnsSuffix(hostname.replace(/\.$/, ''))?.name;
  const atS3 = name === undefined ? null : S3_HOST.exec(name);
  // The host names of access points name no bucket.
  if (name !== undefined && atS3 === null) return undefined;
  const inHost = atS3?.[1];
  const inPath = /^\/([^/]+)\/?$/.exec(pathname)?.[1];
  if (inHost === undefined && inPath !== undefined) {
    try {
      return decodeURIComponent(inPath);
    } catch {
      throw new TypeError('url: its path is no name of a bucket');
    }
  }
  if (atS3 !== null && (inHost === undefined || pathname !== '/')) {
    throw new TypeError(
      "url: expected the bucket's own address, such as https://bucket.s3.eu-west-1.amazonaws.com/; the form goes to the bucket, and the object's key is one of its fields",
    );
  }
  return inHost;
}

/** Signs a policy. Its base64 text is the string to sign. */
export async function signPolicy(
  policy: string,
  credentials: Credentials,
  day: string,
  region: string,
): Promise<string> {
  const signingKey = await new SigningKeys().get(credentials, day, { region, service: 's3' });
  return hash.hmacHex(signingKey, policy);
}

function textOf(expected: string): OptionRule {
  return { expected, holds: (value) => typeof value === 'string' && value !== '' };
}

const OPTIONS: OptionRules<PresignPostOptions> = {
  url: {
    expected: 'the address of a bucket',
    holds: (value) => typeof value === 'string' || isUrl(value),
  },
  region: { ...REGION, expected: `that of the bucket, ${REGION.expected}` },
  credentials: SIGNER_OPTIONS.credentials,
  key: textOf('the key of an object'),
  bucket: textOf('the name of a bucket'),
  conditions: { expected: 'an array of conditions', holds: Array.isArray },
  fields: {
    expected: 'an object of strings',
    holds: (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.values(value).every((field) => typeof field === 'string'),
  },
  expiresIn: SIGN_OPTIONS.expiresIn,
  date: SIGN_OPTIONS.date,
  now: FUNCTION,
};

const REQUIRED = ['url', 'region', 'credentials', 'key'] as const;

/** Fields that are made here. */
const OWN =
  /^(?:file|key|bucket|policy|x-amz-(?:algorithm|credential|date|security-token|signature))$/i;

const FILENAME = '${filename}';

/** A key that ends in the file's name, which is not known yet, is matched by its beginning. */
function conditionOf([name, value]: [string, string]): PostCondition {
  return name === 'key' && value.endsWith(FILENAME)
    ? ['starts-with', '$key', value.slice(0, -FILENAME.length)]
    : { [name]: value };
}

function refuseOwnFields(fields: object): void {
  const own = Object.keys(fields).find((name) => OWN.test(name));
  if (own !== undefined) throw new TypeError(`fields: ${own} is made here; leave it out`);
}

function checkCondition(condition: PostCondition): void {
  if (typeof condition === 'object' && condition !== null && !Array.isArray(condition)) {
    const entries = Object.entries(condition);
    if (entries.length === 1 && typeof entries[0]?.[1] === 'string') return;
  } else if (Array.isArray(condition) && condition.length === 3) {
    const [operator, a, b] = condition as readonly unknown[];
    const isText = typeof a === 'string' && a.startsWith('$') && typeof b === 'string';
    if ((operator === 'eq' || operator === 'starts-with') && isText) return;
    const isRange =
      Number.isInteger(a) && Number.isInteger(b) && Number(a) >= 0 && Number(a) <= Number(b);
    if (operator === 'content-length-range' && isRange) return;
  }
  throw new TypeError(
    `conditions: expected { field: value }, ['eq' or 'starts-with', '$field', value] or ['content-length-range', min, max], got ${shown(condition)}`,
  );
}

function shown(condition: unknown): string {
  try {
    return JSON.stringify(condition).slice(0, 200);
  } catch {
    return typeof condition;
  }
}

/** Refuses a condition that the fields contradict, since S3 would refuse every upload. */
function refuseContradiction(
  condition: PostCondition,
  fields: Readonly<Record<string, string>>,
): void {
  const [operator, name, wanted] = matchOf(condition);
  if (name === undefined || wanted === undefined) return;
  const found = Object.entries(fields).find(
    ([field]) => field.toLowerCase() === name.toLowerCase(),
  );
  if (found === undefined) return;
  const [field, value] = found;
  const known =
    field === 'key' && value.endsWith(FILENAME) ? value.slice(0, -FILENAME.length) : value;
  if (operator === 'eq' ? known === wanted : known.startsWith(wanted)) return;
  throw new TypeError(
    `conditions: the one on ${field} contradicts the field of that name, so that every upload would be refused`,
  );
}

function matchOf(
  condition: PostCondition,
): readonly ['eq' | 'starts-with', string | undefined, string | undefined] {
  if (!Array.isArray(condition)) {
    const [[name, value] = []] = Object.entries(condition as Record<string, string>);
    return ['eq', name, value];
  }
  const [operator, field, value] = condition as readonly [string, unknown, unknown];
  if (operator === 'content-length-range') return ['eq', undefined, undefined];
  return [operator === 'eq' ? 'eq' : 'starts-with', String(field).slice(1), String(value)];
}

/** Encodes a text's UTF-8 bytes. */
function base64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
