import { isSameText } from '../keys/digest.ts';
import type { KnownKey } from '../keys/known-key.ts';
import { isSignature } from '../keys/signing-key.ts';
import { percentDecode, splitTarget, requestedHost, type RawRequest } from '../wire/raw-request.ts';
import { readUploadForm } from './upload-form.ts';

/** What S3 makes of a form: allowed, or S3's code and message. */
export type PostVerdict =
  | { readonly ok: true; readonly accessKeyId: string }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface PostOptions {
  /** The key of an access key id; `undefined` if there is none. */
  readonly keys: (accessKeyId: string) => KnownKey | undefined;
  /** The bucket's region. */
  readonly region: string;
  /** The clock, ms since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
  /**
   * The bucket that the form was sent to. Default: the one in the form's own field `bucket`. If
   * neither tells it, the policy still has to name a bucket, but any is right.
   */
  readonly bucket?: string | undefined;
}

/** Form fields that no condition has to name. */
const FREE = /^(?:policy|x-amz-signature|file|x-ignore-.*)$/i;

/**
 * Judges an upload by form as S3 does: signature, expiry, every condition of the policy, and that
 * the policy names every field and the bucket.
 *
 * @param fields those of the form, without the file; their names can be in any case
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export function verifyPostPolicy(
  fields: Readonly<Record<string, string>>,
  file: { readonly name: string; readonly size: number },
  { keys, region, now = Date.now, ...address }: PostOptions,
): PostVerdict {
  const given = Object.entries(fields);
  const form = new Map(given.map(([name, value]) => [name.toLowerCase(), value]));
  if (form.size < given.length)
    return s3Error('InvalidArgument', 'POST requires each field to be given once.');
  if (!form.has('key'))
    return s3Error('InvalidArgument', "Bucket POST must contain a field named 'key'.");
  const value = (name: string): string => form.get(name) ?? '';
  const [accessKeyId = '', day, inRegion, service, end, ...more] =
    value('x-amz-credential').split('/');
  const key = keys(accessKeyId);
  if (key === undefined)
    return s3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  if (
    inRegion !== region ||
    service !== 's3' ||
    end !== 'aws4_request' ||
    more.length > 0 ||
    value('x-amz-algorithm') !== 'AWS4-HMAC-SHA256' ||
    !/^\d{8}T\d{6}Z$/.test(value('x-amz-date')) ||
    day !== value('x-amz-date').slice(0, 8)
  ) {
    return s3Error(
      'AuthorizationQueryParametersError',
      'Error parsing the X-Amz-Credential parameter',
    );
  }
  const scope = `${day}/${inRegion}/s3/aws4_request`;
  if (!isSignature(key.secretAccessKey, scope, value('policy'), value('x-amz-signature'))) {
    return s3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
  if (!isSameText(form.get('x-amz-security-token'), key.sessionToken)) {
    return s3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  if (key.expiresAt !== undefined && now() >= key.expiresAt) {
    return s3Error('ExpiredToken', 'The provided token has expired.');
  }
  return judgePolicy(value('policy'), form, file, now(), address) ?? { ok: true, accessKeyId };
}

/** Judges the request that uploads: its form, and the bucket that it is addressed to. */
export function verifyPostRequest(
  request: RawRequest,
  options: Omit<PostOptions, 'bucket'>,
): PostVerdict & { readonly policy?: string | undefined } {
  const form = readUploadForm(request);
  const names = form?.fields.map(([name]) => name.toLowerCase()) ?? [];
  if (form === undefined || new Set(names).size < names.length) {
    return s3Error(
      'MalformedPOSTRequest',
      'The body of your POST request is not well-formed multipart/form-data.',
    );
  }
  const field = (wanted: string): string | undefined =>
    form.fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const bucket = bucketOf(request) ?? field('bucket') ?? '';
  const fields = Object.fromEntries(form.fields);
  return {
    ...verifyPostPolicy(fields, form.file, { ...options, bucket }),
    policy: field('policy'),
  };
}

const REGION = '[a-z]{2,4}(?:-[a-z]+)+-\\d+';

/** Hosts of S3 with the name of a bucket before their own. From "Amazon S3 endpoints and quotas". */
const BUCKET_HOST = new RegExp(
  `^(.+)\\.(?:${[
    `s3(?:-fips)?(?:\\.dualstack)?[.-]${REGION}`,
    's3(?:-external-1|-accelerate(?:\\.dualstack)?)?',
    `bucket\\.vpce-[^.]+\\.s3\\.${REGION}\\.vpce`,
  ].join('|')})\\.(?:${[
    'amazonaws\\.(?:com(?:\\.cn)?|eu)',
    's?c2s\\.(?:ic|sgov)\\.gov',
    'csp\\.hci\\.ic\\.gov',
    'cloud\\.adc-e\\.uk',
  ].join('|')})$`,
);

/** @returns the bucket in the path or the host; `undefined` at an address that names none */
function bucketOf(request: RawRequest): string | undefined {
  const [, inPath = ''] = splitTarget(request.target).path.split('/');
  // S3 takes no form below the host of a bucket, so a path is that of a host without a bucket.
  if (inPath !== '') return percentDecode(inPath);
  return BUCKET_HOST.exec(requestedHost(request).replace(/\.$/, ''))?.[1];
}

function s3Error(code: string, message: string): { ok: false; code: string; message: string } {
  return { ok: false, code, message };
}

function denied(message: string): ReturnType<typeof s3Error> {
  return s3Error('AccessDenied', `Invalid according to Policy: ${message}`);
}

interface Policy {
  readonly expiration: number;
  readonly conditions: readonly Matcher[];
}

type Matcher =
  | { readonly operator: 'eq' | 'starts-with'; readonly field: string; readonly wanted: string }
  | { readonly operator: 'content-length-range'; readonly min: number; readonly max: number };

function judgePolicy(
  encoded: string,
  form: ReadonlyMap<string, string>,
  file: { readonly name: string; readonly size: number },
  now: number,
  address: Pick<PostOptions, 'bucket'>,
): ReturnType<typeof s3Error> | undefined {
  const policy = readPolicy(encoded);
  if (policy === undefined)
    return s3Error('InvalidPolicyDocument', 'Invalid Policy: not a policy.');
  if (!(now < policy.expiration)) return denied('Policy expired.');
  const { bucket = form.get('bucket') } = address;
  if (form.has('bucket') && form.get('bucket') !== bucket) {
    return denied(`The form for the bucket ${form.get('bucket')} was sent to ${bucket}.`);
  }
  const named = new Set<string>();
  for (const condition of policy.conditions) {
    if (condition.operator === 'content-length-range') {
      if (file.size < condition.min) {
        return s3Error(
          'EntityTooSmall',
          'Your proposed upload is smaller than the minimum allowed size',
        );
      }
      if (file.size > condition.max) {
        return s3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
      }
      continue;
    }
    const { operator, field, wanted } = condition;
    const name = field.toLowerCase();
    named.add(name);
    if (name === 'bucket' && bucket === undefined) continue;
    const given = (name === 'bucket' ? bucket : form.get(name)) ?? '';
    const value = name === 'key' ? given.replaceAll('${filename}', () => file.name) : given;
    if (operator === 'eq' ? value !== wanted : !value.startsWith(wanted)) {
      return denied(`Policy Condition failed: ["${operator}", "$${field}", "${wanted}"]`);
    }
  }
  // For S3 the bucket is a field of every form, since the address has it.
  const extra = ['bucket', ...form.keys()].find((name) => !named.has(name) && !FREE.test(name));
  return extra === undefined ? undefined : denied(`Extra input fields: ${extra}`);
}

/** @returns `undefined` if it is not a policy */
function readPolicy(encoded: string): Policy | undefined {
  let parsed: { expiration?: unknown; conditions?: unknown } | null;
  try {
    parsed = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as typeof parsed;
  } catch {
    return undefined;
  }
  const { expiration, conditions } = parsed ?? {};
  if (typeof expiration !== 'string' || !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(expiration))
    return undefined;
  if (!Array.isArray(conditions)) return undefined;
  const matchers = conditions.flatMap((condition) => matchersOf(condition) ?? [undefined]);
  if (matchers.includes(undefined)) return undefined;
  return { expiration: Date.parse(expiration), conditions: matchers as Matcher[] };
}

function matchersOf(condition: unknown): Matcher[] | undefined {
  if (Array.isArray(condition)) {
    const [operator, a, b, ...more] = condition as readonly unknown[];
    if (more.length > 0) return undefined;
    if (operator === 'content-length-range') {
      const areLengths = [a, b].every(
        (bound) => /^(?:string|number)$/.test(typeof bound) && /^\d+$/.test(bound as string),
      );
      return areLengths ? [{ operator, min: Number(a), max: Number(b) }] : undefined;
    }
    const isText = typeof a === 'string' && a.startsWith('$') && typeof b === 'string';
    if ((operator !== 'eq' && operator !== 'starts-with') || !isText) return undefined;
    return [{ operator, field: a.slice(1), wanted: b }];
  }
  if (typeof condition !== 'object' || condition === null) return undefined;
  const entries = Object.entries(condition);
  if (entries.some(([, wanted]) => typeof wanted !== 'string')) return undefined;
  return entries.map(([field, wanted]) => ({ operator: 'eq', field, wanted: String(wanted) }));
}
