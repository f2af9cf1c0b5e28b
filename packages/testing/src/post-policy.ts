import { timingSafeEqual } from 'node:crypto';

import { signatureOf } from './canonical-form.ts';
import type { VerifyOptions } from './verify-signature.ts';

/** What S3 makes of a form: allowed, or S3's code and message. */
export type PostVerdict =
  | { readonly ok: true; readonly accessKeyId: string }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Fields that no condition has to name. */
const FREE = /^(?:policy|x-amz-signature|file|x-ignore-.*)$/i;

/**
 * Judges an upload by form as S3 does: signature, expiry, every condition of the policy, and that
 * the policy names every field.
 *
 * @param fields as the form has them, without the file; names in any case
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export function verifyPostPolicy(
  fields: Readonly<Record<string, string>>,
  file: { readonly name: string; readonly size: number },
  { keys, region, now = Date.now }: Omit<VerifyOptions, 'service'>,
): PostVerdict {
  const form = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  const value = (name: string): string => form.get(name) ?? '';
  const [accessKeyId = '', day, inRegion, service, end] = value('x-amz-credential').split('/');
  const key = keys(accessKeyId);
  if (key === undefined)
    return refuse(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  if (
    inRegion !== region ||
    service !== 's3' ||
    end !== 'aws4_request' ||
    day !== value('x-amz-date').slice(0, 8)
  ) {
    return refuse(
      'AuthorizationQueryParametersError',
      'Error parsing the X-Amz-Credential parameter',
    );
  }
  const expected = signatureOf(
    key.secretAccessKey,
    `${day}/${inRegion}/s3/aws4_request`,
    value('policy'),
  );
  const signature = value('x-amz-signature');
  if (
    !/^[0-9a-f]{64}$/.test(signature) ||
    !timingSafeEqual(Buffer.from(signature, 'hex'), expected)
  ) {
    return refuse(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
  if (form.get('x-amz-security-token') !== key.sessionToken) {
    return refuse('InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  return judgePolicy(value('policy'), form, file, now()) ?? { ok: true, accessKeyId };
}

function refuse(code: string, message: string): { ok: false; code: string; message: string } {
  return { ok: false, code, message };
}

function denied(message: string): ReturnType<typeof refuse> {
  return refuse('AccessDenied', `Invalid according to Policy: ${message}`);
}

function judgePolicy(
  encoded: string,
  form: ReadonlyMap<string, string>,
  file: { readonly name: string; readonly size: number },
  now: number,
): ReturnType<typeof refuse> | undefined {
  const policy = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as {
    expiration: string;
    conditions: readonly unknown[];
  };
  if (!(now < Date.parse(policy.expiration))) return denied('Policy expired.');
  const named = new Set<string>();
  for (const condition of policy.conditions) {
    const [operator, field, wanted] = matcher(condition);
    if (operator === 'content-length-range') {
      if (file.size < Number(field))
        return refuse(
          'EntityTooSmall',
          'Your proposed upload is smaller than the minimum allowed object size.',
        );
      if (file.size > Number(wanted))
        return refuse(
          'EntityTooLarge',
          'Your proposed upload exceeds the maximum allowed object size.',
        );
      continue;
    }
    const name = field.toLowerCase();
    named.add(name);
    const value = (form.get(name) ?? '').replace('${filename}', file.name);
    // The bucket is in the address too.
    if (name === 'bucket' && !form.has('bucket')) continue;
    if (operator === 'eq' ? value !== wanted : !value.startsWith(wanted)) {
      return denied(`Policy Condition failed: ["${operator}", "$${field}", "${wanted}"]`);
    }
  }
  const extra = [...form.keys()].find((name) => !named.has(name) && !FREE.test(name));
  return extra === undefined ? undefined : denied(`Extra input fields: ${extra}`);
}

function matcher(condition: unknown): readonly [operator: string, field: string, wanted: string] {
  if (Array.isArray(condition)) {
    const [operator, field, wanted] = condition.map(String) as [string, string, string];
    return [operator, operator === 'content-length-range' ? field : field.slice(1), wanted];
  }
  const [[field, wanted] = ['', '']] = Object.entries(condition as Record<string, string>);
  return ['eq', field, wanted];
}
