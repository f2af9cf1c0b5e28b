import { readUploadForm } from '../s3/upload-form.ts';
import { headerValues } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { Handled } from '../wire/service.ts';
import type { StoredObject } from './bucket.ts';
import { urlEncode } from './list-objects.ts';
import { permit, type S3Call } from './permission.ts';
import { answerHeaders, store } from './put-object.ts';
import { S3Error, s3Document } from './s3-error.ts';

/**
 * An upload by a form, whose policy says what the form may be.
 *
 * @param url of the bucket, as the browser knows it
 * @throws {S3Error}
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
export function postObject(bucketCall: S3Call, url: string): Handled {
  const { call } = bucketCall;
  if (!/^multipart\/form-data\b/i.test(headerValues(call.request, 'content-type').join())) {
    throw new S3Error(
      412,
      'PreconditionFailed',
      'Bucket POST must be of the enclosure-type multipart/form-data',
    );
  }
  const form = readUploadForm(call.request);
  if (form === undefined) {
    throw new S3Error(
      400,
      'MalformedPOSTRequest',
      'The body of your POST request is not well-formed multipart/form-data.',
    );
  }
  // "The variable ${filename} … is recognized by all form fields."
  const fields = form.fields.map(
    ([name, value]) => [name, value.replaceAll('${filename}', () => form.file.name)] as const,
  );
  const field = (wanted: string): string | undefined =>
    fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const s3: S3Call = { ...bucketCall, key: field('key') ?? '' };
  const seen = permit(s3, 'PutObject', ofForm(field));
  if (s3.key === '')
    throw new S3Error(
      400,
      'UserKeyMustBeSpecified',
      'The bucket POST must contain the specified field name. If it is specified, please check the order of the fields.',
    );
  const stored = store(s3, form.file.content, fields);
  return { response: answer(s3, stored, url, field), seen };
}

/** What headers say otherwise, for policies. */
function ofForm(field: (name: string) => string | undefined): Record<string, string> {
  const acl = field('acl');
  const encryption = field('x-amz-server-side-encryption');
  return {
    ...(acl !== undefined && { 's3:x-amz-acl': acl }),
    ...(encryption !== undefined && { 's3:x-amz-server-side-encryption': encryption }),
  };
}

function answer(
  s3: S3Call,
  stored: StoredObject,
  url: string,
  field: (name: string) => string | undefined,
): RawResponse {
  const { bucket, key } = s3;
  const location = `${url}/${urlEncode(key)}`;
  const headers = { ...answerHeaders(s3, stored), Location: location };
  const redirect = field('success_action_redirect') ?? field('redirect');
  if (redirect !== undefined && URL.canParse(redirect)) {
    const query = new URLSearchParams({ bucket: bucket.name, key, etag: stored.etag });
    const to = `${redirect}${redirect.includes('?') ? '&' : '?'}${query}`;
    return { status: 303, headers: { ...headers, Location: to }, body: '' };
  }
  const status = field('success_action_status');
  if (status !== '201') return { status: status === '200' ? 200 : 204, headers, body: '' };
  const body = s3Document([
    'PostResponse',
    [
      ['Location', location],
      ['Bucket', bucket.name],
      ['Key', key],
      ['ETag', stored.etag],
    ],
  ]);
  return { status: 201, headers: { ...headers, 'Content-Type': 'application/xml' }, body };
}
