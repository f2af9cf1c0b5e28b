import { headerValues, queryParameters, splitTarget, utf8 } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { Handled } from '../wire/service.ts';
import type { StoredObject } from './bucket.ts';
import { isAnonymous, mayAlso, permit, type S3Call } from './permission.ts';
import { S3Error, s3Headers } from './s3-error.ts';

/** Parameters of GET that take the place of an answer's own headers. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'response-cache-control': 'Cache-Control',
  'response-content-disposition': 'Content-Disposition',
  'response-content-encoding': 'Content-Encoding',
  'response-content-language': 'Content-Language',
  'response-content-type': 'Content-Type',
  'response-expires': 'Expires',
};

/**
 * GET and HEAD of an object.
 *
 * @throws {S3Error}
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function getObject(s3: S3Call): Handled {
  const { call, bucket, key } = s3;
  const seen = permit(s3, 'GetObject');
  const overrides = readOverrides(s3);
  const object = bucket.objects.get(key);
  if (object === undefined) {
    // Who may not list the bucket is not told what is in it.
    if (mayAlso(s3, 'ListBucket')) {
      throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', {
        details: [['Key', key]],
        finding: seen,
      });
    }
    throw new S3Error(403, 'AccessDenied', 'Access Denied', {
      finding: {
        ...seen,
        refusal: 'Access Denied',
        because: `there is no object ${key}, and who may not s3:ListBucket is not told so`,
      },
    });
  }
  checkConditions(call.request, object);
  const { body, etag, headers } = object;
  const range = rangeOf(call.request, body.length);
  const withChecksums = headerValues(call.request, 'x-amz-checksum-mode').includes('ENABLED');
  const response: RawResponse = {
    status: range ? 206 : 200,
    headers: {
      ...s3Headers(call.requestId),
      ...headers,
      ...overrides,
      ETag: etag,
      'Last-Modified': new Date(object.lastModified).toUTCString(),
      'Accept-Ranges': 'bytes',
      'x-amz-server-side-encryption': 'AES256',
      ...(withChecksums &&
        !range &&
        Object.keys(object.checksums).length > 0 && {
          ...object.checksums,
          'x-amz-checksum-type': 'FULL_OBJECT',
        }),
      ...(range && { 'Content-Range': `bytes ${range.first}-${range.last}/${body.length}` }),
    },
    body: range ? body.subarray(range.first, range.last + 1) : body,
  };
  return { response, seen };
}

function readOverrides(s3: S3Call): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of queryParameters(splitTarget(s3.call.request.target).query)) {
    const header = OVERRIDES[name];
    if (header === undefined) continue;
    given[header] = utf8(value);
    if (!/^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(utf8(value))) {
      throw new S3Error(
        400,
        'InvalidArgument',
        'Header value cannot be represented using ISO-8859-1.',
        {
          details: [
            ['ArgumentName', name],
            ['ArgumentValue', utf8(value)],
          ],
        },
      );
    }
  }
  if (Object.keys(given).length > 0 && isAnonymous(s3)) {
    throw new S3Error(
      400,
      'InvalidRequest',
      'Request specific response headers cannot be used for anonymous GET requests.',
    );
  }
  return given;
}

/** RFC 9110, 13.2.2: the conditions on the ETag go before those on the time. */
function checkConditions(request: S3Call['call']['request'], object: StoredObject): void {
  const one = (name: string): string | undefined => headerValues(request, name)[0];
  const names = (list: string): boolean =>
    list
      .split(',')
      .some((tag) => ['*', object.etag, object.etag.slice(1, -1)].includes(tag.trim()));
  const time = (name: string): number => Date.parse(one(name) ?? '');
  const ifMatch = one('if-match');
  const ifNoneMatch = one('if-none-match');
  const isChanged =
    ifMatch === undefined ? object.lastModified > time('if-unmodified-since') : !names(ifMatch);
  if (isChanged) {
    throw preconditionFailed(ifMatch === undefined ? 'If-Unmodified-Since' : 'If-Match');
  }
  const isSame =
    ifNoneMatch === undefined
      ? object.lastModified <= time('if-modified-since')
      : names(ifNoneMatch);
  if (isSame) {
    throw new S3Error(304, 'NotModified', 'Not Modified', {
      headers: { ETag: object.etag, 'Last-Modified': new Date(object.lastModified).toUTCString() },
    });
  }
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { details: [['Condition', condition]] },
  );
}

/** @returns `undefined` for all of it: S3 gives one range, and overlooks what is none */
function rangeOf(
  request: S3Call['call']['request'],
  length: number,
): { first: number; last: number } | undefined {
  const [range = ''] = headerValues(request, 'range');
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (from === '' && to === '') return undefined;
  if (from !== '' && to !== '' && Number(from) > Number(to)) return undefined;
  const first = from === '' ? Math.max(length - Number(to), 0) : Number(from);
  const last = from === '' || to === '' ? length - 1 : Math.min(Number(to), length - 1);
  if (first > last) {
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
      details: [
        ['RangeRequested', range],
        ['ActualObjectSize', String(length)],
      ],
    });
  }
  return { first, last };
}
