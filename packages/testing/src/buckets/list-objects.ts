import { queryParameters, splitTarget, utf8 } from '../wire/raw-request.ts';
import type { Handled } from '../wire/service.ts';
import type { Element } from '../wire/xml.ts';
import { permit, type S3Call } from './permission.ts';
import { notImplemented, S3Error, s3Document, s3Headers } from './s3-error.ts';

/**
 * ListObjectsV2.
 *
 * @throws {S3Error}
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function listObjects(s3: S3Call): Handled {
  const { call, bucket } = s3;
  const parameters = new Map(
    queryParameters(splitTarget(call.request.target).query).map(([name, value]) => [
      name,
      utf8(value),
    ]),
  );
  const get = (name: string): string | undefined => parameters.get(name) || undefined;
  const [prefix, delimiter, max] = [get('prefix'), get('delimiter'), get('max-keys')];
  const seen = permit(s3, 'ListBucket', {
    ...(prefix !== undefined && { 's3:prefix': prefix }),
    ...(delimiter !== undefined && { 's3:delimiter': delimiter }),
    ...(max !== undefined && { 's3:max-keys': max }),
  });
  if (parameters.get('list-type') !== '2')
    notImplemented('ListObjects of version 1; ask for version 2, with list-type=2');
  if (max !== undefined && !/^\d{1,9}$/.test(max)) {
    throw new S3Error(
      400,
      'InvalidArgument',
      'Provided max-keys not an integer or within integer range',
      {
        details: [
          ['ArgumentName', 'max-keys'],
          ['ArgumentValue', max],
        ],
        finding: seen,
      },
    );
  }
  const encode = get('encoding-type') === 'url' ? urlEncode : (text: string): string => text;
  const token = get('continuation-token');
  const after = token === undefined ? get('start-after') : decodeToken(token);
  const maxKeys = Math.min(Number(max ?? 1000), 1000);
  const page = pageOf(
    [...bucket.objects.keys()].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    { prefix: prefix ?? '', delimiter, after, maxKeys },
  );
  const contents = page.keys.map((key): Element => {
    const object = bucket.objects.get(key);
    return [
      'Contents',
      [
        ['Key', encode(key)],
        ['LastModified', new Date(object?.lastModified ?? 0).toISOString()],
        ['ETag', object?.etag],
        ['Size', String(object?.body.length)],
        ...(get('fetch-owner') === 'true' ? ([['Owner', [['ID', bucket.account]]]] as const) : []),
        ['StorageClass', 'STANDARD'],
      ],
    ];
  });
  const body = s3Document([
    'ListBucketResult',
    [
      ['Name', bucket.name],
      ['Prefix', encode(prefix ?? '')],
      ['Delimiter', delimiter && encode(delimiter)],
      ['StartAfter', get('start-after') && encode(get('start-after') ?? '')],
      ['EncodingType', get('encoding-type')],
      ['ContinuationToken', token],
      ['NextContinuationToken', page.next === undefined ? undefined : encodeToken(page.next)],
      ['KeyCount', String(page.keys.length + page.prefixes.length)],
      ['MaxKeys', String(maxKeys)],
      ['IsTruncated', String(page.next !== undefined)],
      ...contents,
      ...page.prefixes.map((one): Element => ['CommonPrefixes', [['Prefix', encode(one)]]]),
    ],
  ]);
  const headers = {
    ...s3Headers(call.requestId),
    'Content-Type': 'application/xml',
    'x-amz-bucket-region': bucket.region,
  };
  return { response: { status: 200, headers, body }, seen };
}

/** HEAD of a bucket, which asks for the same permission as a list of it. */
export function headBucket(s3: S3Call): Handled {
  const seen = permit(s3, 'ListBucket');
  const headers = { ...s3Headers(s3.call.requestId), 'x-amz-bucket-region': s3.bucket.region };
  return { response: { status: 200, headers, body: '' }, seen };
}

/** GetBucketLocation, which says nothing of us-east-1. */
export function bucketLocation(s3: S3Call): Handled {
  const seen = permit(s3, 'GetBucketLocation');
  const { region } = s3.bucket;
  const headers = { ...s3Headers(s3.call.requestId), 'Content-Type': 'application/xml' };
  const body = s3Document(['LocationConstraint', region === 'us-east-1' ? '' : region]);
  return { response: { status: 200, headers, body }, seen };
}

/** A key or a prefix that many keys share counts as one. */
function pageOf(
  sorted: readonly string[],
  asked: {
    readonly prefix: string;
    readonly delimiter: string | undefined;
    readonly after: string | undefined;
    readonly maxKeys: number;
  },
): { keys: string[]; prefixes: string[]; next: string | undefined } {
  const { prefix, delimiter, after, maxKeys } = asked;
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  for (const key of sorted) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
    const common = end === -1 ? undefined : key.slice(0, end + (delimiter ?? '').length);
    if (after !== undefined && (isUpTo(key, after) || common === after)) continue;
    if (common !== undefined && common === prefixes.at(-1)) continue;
    if (keys.length + prefixes.length === maxKeys) {
      return { keys, prefixes, next: maxKeys === 0 ? undefined : last };
    }
    if (common === undefined) keys.push(key);
    else prefixes.push(common);
    last = common ?? key;
  }
  return { keys, prefixes, next: undefined };
}

function isUpTo(key: string, after: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0;
}

function encodeToken(key: string): string {
  return Buffer.from(key).toString('base64');
}

function decodeToken(token: string): string {
  const key = Buffer.from(token, 'base64').toString();
  if (encodeToken(key) === token) return key;
  throw new S3Error(400, 'InvalidArgument', 'The continuation token provided is incorrect', {
    details: [['ArgumentName', 'continuation-token']],
  });
}

/** As `encodeURIComponent`, but slashes stay. */
export function urlEncode(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/');
}
