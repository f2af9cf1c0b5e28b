import { createHash } from 'node:crypto';

import { badDigest, readChunks } from '../s3/chunked-payload.ts';
import { payloadChecksum } from '../s3/payload-checksum.ts';
import {
  headerValues,
  queryParameters,
  splitTarget,
  type RawRequest,
} from '../wire/raw-request.ts';
import type { Handled } from '../wire/service.ts';
import type { StoredObject } from './bucket.ts';
import { preconditionFailed } from './get-object.ts';
import { permit, type S3Call } from './permission.ts';
import { notImplemented, S3Error, s3Headers } from './s3-error.ts';

/** Headers that an object keeps, beside its metadata. */
const KEPT: readonly string[] = [
  'Content-Type',
  'Content-Encoding',
  'Content-Disposition',
  'Content-Language',
  'Cache-Control',
  'Expires',
];

/** Headers that ask for what this local AWS does not have. */
const UNKNOWN =
  /^x-amz-(?:copy-source|tagging|object-lock|server-side-encryption-customer|website-redirect|write-offset)/;

/**
 * PUT of an object.
 *
 * @throws {S3Error}
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export function putObject(s3: S3Call): Handled {
  const { call, bucket, key } = s3;
  const { request } = call;
  const seen = permit(s3, 'PutObject');
  const [ifNoneMatch] = headerValues(request, 'if-none-match');
  const [ifMatch] = headerValues(request, 'if-match');
  const existing = bucket.objects.get(key);
  if (ifNoneMatch !== undefined && existing !== undefined)
    throw preconditionFailed('If-None-Match');
  if (ifMatch !== undefined && existing?.etag.replaceAll('"', '') !== ifMatch.replaceAll('"', ''))
    throw preconditionFailed('If-Match');
  const { payload, trailers } = payloadOf(request);
  const stored = store(s3, payload, [...parametersOf(request), ...request.rawHeaders, ...trailers]);
  return {
    response: { status: 200, headers: answerHeaders(s3, stored), body: '' },
    seen,
  };
}

/** DELETE of an object, which succeeds also if there is none. */
export function deleteObject(s3: S3Call): Handled {
  const seen = permit(s3, 'DeleteObject');
  s3.bucket.delete(s3.key);
  return {
    response: { status: 204, headers: s3Headers(s3.call.requestId), body: '' },
    seen,
  };
}

export function answerHeaders(
  { call }: S3Call,
  { etag, checksums }: StoredObject,
): Record<string, string> {
  return {
    ...s3Headers(call.requestId),
    ETag: etag,
    'x-amz-server-side-encryption': 'AES256',
    ...checksums,
    ...(Object.keys(checksums).length > 0 && { 'x-amz-checksum-type': 'FULL_OBJECT' }),
  };
}

type Named = readonly (readonly [name: string, value: string])[];

/**
 * Keeps an object as headers, or the fields of a form, describe it.
 *
 * @throws {S3Error} if a checksum is wrong, or there is no room
 */
export function store({ bucket, key }: S3Call, payload: Uint8Array, named: Named): StoredObject {
  if (Buffer.byteLength(key) > 1024)
    throw new S3Error(400, 'KeyTooLongError', 'Your key is too long');
  const headers: Record<string, string> = {};
  const checksums: Record<string, string> = {};
  for (const [given, value] of named) {
    const name = given.toLowerCase();
    if (UNKNOWN.test(name)) notImplemented(`the header ${name}`);
    const isOwnersAcl = /^(?:private|bucket-owner-full-control)$/.test(value);
    if (name.startsWith('x-amz-grant-') || (/^(?:x-amz-)?acl$/.test(name) && !isOwnersAcl)) {
      throw new S3Error(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs');
    }
    const kept = KEPT.find((one) => one.toLowerCase() === name);
    if (kept !== undefined) headers[kept] = value;
    if (name.startsWith('x-amz-meta-')) headers[name] = value;
    if (name === 'content-md5') checkMd5(value, payload);
    if (/^x-amz-checksum-(?!algorithm$|mode$|type$)/.test(name)) {
      checkChecksum(name, value, payload);
      checksums[name] = value;
    }
  }
  const encoding = headers['Content-Encoding']
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'aws-chunked')
    .join(',');
  const { 'Content-Encoding': _, ...rest } = headers;
  return bucket.put(
    key,
    payload,
    encoding ? { ...rest, 'Content-Encoding': encoding } : rest,
    checksums,
  );
}

function checkMd5(value: string, payload: Uint8Array): void {
  if (!/^[\w+/]{22}==$/.test(value))
    throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified is not valid.');
  if (createHash('md5').update(payload).digest('base64') !== value) {
    throw new S3Error(
      400,
      'BadDigest',
      'The Content-MD5 you specified did not match what we received.',
    );
  }
}

function checkChecksum(name: string, value: string, payload: Uint8Array): void {
  const right = payloadChecksum(name, payload);
  if (right === undefined) notImplemented(`the checksum ${name}`);
  if (right === value) return;
  const { code, message } = badDigest(name);
  throw new S3Error(400, code, message);
}

/** The body without its chunks. What the verifier has seen is in order; nobody signs for others. */
function payloadOf(request: RawRequest): { payload: Uint8Array; trailers: Named } {
  const [told = ''] = headerValues(request, 'x-amz-content-sha256');
  if (!told.startsWith('STREAMING-')) return { payload: request.body, trailers: [] };
  const read = readChunks(request.body);
  if (read === undefined)
    throw new S3Error(400, 'IncompleteBody', 'The request body terminated unexpectedly');
  const trailers = read.trailers.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1)] as const;
  });
  return { payload: read.payload, trailers };
}

/** A signed URL can hold headers: SDKs put metadata there. S3 overlooks checksums in it. */
function parametersOf(request: RawRequest): Named {
  return queryParameters(splitTarget(request.target).query).filter(([name]) =>
    /^x-amz-(?!checksum-|sdk-)[a-z0-9-]+$/.test(name),
  );
}
