import { authorize, findingOf, type Authorized } from '../api/authorization.ts';
import type { ContextValues, Iam } from '../iam/request-context.ts';
import { headerValues, queryParameters, splitTarget } from '../wire/raw-request.ts';
import type { Call, Finding } from '../wire/service.ts';
import type { Bucket } from './bucket.ts';
import { msOf, refusalOf } from './refusal.ts';
import { S3Error } from './s3-error.ts';

/** What a request is for: a bucket or an object in it, and how it came there. */
export interface S3Call {
  readonly call: Call;
  readonly iam: Iam;
  readonly bucket: Bucket;
  /** Empty: the bucket itself. */
  readonly key: string;
  /** Whether it came by the alias of a Multi-Region Access Point. */
  readonly byAccessPoint: boolean;
  /** Host names that the caller may have meant. */
  readonly hostNames: readonly string[];
}

export type S3Action =
  | 'DeleteObject'
  | 'GetBucketLocation'
  | 'GetObject'
  | 'ListBucket'
  | 'PutObject';

/**
 * Checks the signature, and whether its owner may do that. An unsigned request is one of everybody.
 *
 * @param more condition keys that only this action has
 * @returns what was found out about the caller
 * @throws {S3Error} if it is refused
 */
export function permit(s3: S3Call, action: S3Action, more: ContextValues = {}): Finding {
  const { call, bucket } = s3;
  const [last, ...before] = resourcesOf(s3).map((resource) => judge(s3, action, resource, more));
  const judged = [last, ...before].find((one) => one?.refusal ?? one?.denial) ?? last;
  if (judged === undefined) return {};
  const finding = { ...findingOf(judged), action };
  if (judged.refusal) throw refusalOf(judged.refusal, call, bucket, finding);
  if (judged.denial) {
    const message = denialOf(judged, bucket);
    throw new S3Error(403, 'AccessDenied', message, { finding: { ...finding, refusal: message } });
  }
  return finding;
}

/** Whether the caller of a request that was let in may do something else too. */
export function mayAlso(s3: S3Call, action: S3Action): boolean {
  return resourcesOf(s3).every((resource) => {
    const { refusal, denial } = judge(s3, action, resource, {});
    return !refusal && !denial;
  });
}

/** @returns whether the request bears no signature */
export function isAnonymous({ call: { request } }: Pick<S3Call, 'call'>): boolean {
  const { query } = splitTarget(request.target);
  return (
    headerValues(request, 'authorization').length === 0 && !/(?:^|&)X-Amz-Signature=/.test(query)
  );
}

/** An access point is a resource of its own, and both it and the bucket must be allowed. */
function resourcesOf({ bucket, byAccessPoint }: S3Call): readonly ('bucket' | 'access-point')[] {
  return byAccessPoint && bucket.accessPoint !== undefined
    ? ['bucket', 'access-point']
    : ['bucket'];
}

function judge(
  s3: S3Call,
  action: S3Action,
  of: 'bucket' | 'access-point',
  more: ContextValues,
): Authorized {
  const { call, iam, bucket, key, hostNames, byAccessPoint } = s3;
  const isOfObject = action.endsWith('Object');
  const accessPoint = `arn:aws:s3::${bucket.account}:accesspoint/${bucket.accessPoint}`;
  const base = of === 'bucket' ? bucket.arn : accessPoint;
  const path = of === 'bucket' ? `/${key}` : `/object/${key}`;
  const context = {
    ...contextOf(s3),
    ...(byAccessPoint && {
      's3:DataAccessPointArn': accessPoint,
      's3:DataAccessPointAccount': bucket.account,
    }),
    ...more,
  };
  const asked = {
    service: 's3',
    actions: { [`s3:${action}`]: context },
    region: bucket.region,
    account: bucket.account,
    resource: isOfObject ? base + path : base,
    hostNames,
    resourcePolicy: of === 'bucket' ? bucket.policy : [],
  } as const;
  const authorized = authorize(call, iam, { ...asked, authorization: 'AWS_IAM' });
  return authorized.refusal?.reason === 'missing'
    ? authorize(call, iam, { ...asked, authorization: 'NONE' })
    : authorized;
}

/** Headers that policies can ask for, by the names of their condition keys. */
const IN_POLICIES: readonly string[] = [
  'x-amz-acl',
  'x-amz-grant-full-control',
  'x-amz-grant-read',
  'x-amz-grant-read-acp',
  'x-amz-grant-write',
  'x-amz-grant-write-acp',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-storage-class',
  'if-match',
  'if-none-match',
];

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html */
function contextOf({ call: { request, now }, bucket }: S3Call): ContextValues {
  const parameters = new Map(queryParameters(splitTarget(request.target).query));
  const date = parameters.get('X-Amz-Date');
  const isInQuery = parameters.has('X-Amz-Signature');
  const isForm = request.method === 'POST';
  const [algorithm] = headerValues(request, 'authorization').join().split(' ');
  const [hash] = headerValues(request, 'x-amz-content-sha256');
  const values: Record<string, string | undefined> = {
    's3:ResourceAccount': bucket.account,
    // As with `aws:SecureTransport`: AWS takes calls over TLS.
    's3:TlsVersion': '1.3',
    's3:authType': isInQuery
      ? 'REST-QUERY-STRING'
      : isForm
        ? 'POST'
        : algorithm
          ? 'REST-HEADER'
          : undefined,
    's3:signatureversion': isInQuery
      ? parameters.get('X-Amz-Algorithm')
      : isForm
        ? 'AWS4-HMAC-SHA256'
        : algorithm,
    's3:signatureAge': isInQuery && date !== undefined ? String(now() - msOf(date)) : undefined,
    's3:x-amz-content-sha256': isInQuery ? 'UNSIGNED-PAYLOAD' : hash,
  };
  for (const name of IN_POLICIES) {
    values[`s3:${name}`] = headerValues(request, name)[0] ?? parameters.get(name);
  }
  const given = Object.entries(values).filter(([, value]) => value);
  return Object.fromEntries(given) as ContextValues;
}

/** S3 says who was denied what only to callers of the bucket's own account. */
function denialOf({ caller, denial }: Authorized, bucket: Bucket): string {
  const principal = caller?.identity.principal;
  if (principal === undefined || principal.account !== bucket.account || denial === undefined)
    return 'Access Denied';
  const { action, resource, deniedBy } = denial;
  const why =
    deniedBy === undefined
      ? `because no identity-based policy allows the ${action} action`
      : `with an explicit deny in ${deniedBy}`;
  return `User: ${principal.arn} is not authorized to perform: ${action} on resource: "${resource}" ${why}`;
}
