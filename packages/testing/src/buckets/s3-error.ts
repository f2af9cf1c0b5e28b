import type { RawResponse } from '../wire/raw-response.ts';
import type { Finding } from '../wire/service.ts';
import { xml, type Element } from '../wire/xml.ts';

/** A refusal of S3, with its own code. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  /** What S3 tells beside code and message. */
  readonly details: readonly Element[];
  readonly headers: Readonly<Record<string, string>>;
  /** What was found out about the request until then. */
  readonly finding: Finding;

  constructor(
    status: number,
    code: string,
    message: string,
    more: {
      readonly details?: readonly Element[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly finding?: Finding;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = more.details ?? [];
    this.headers = more.headers ?? {};
    this.finding = more.finding ?? {};
  }
}

/** @throws {S3Error} always: what this local AWS does not have, by the name that S3 gives it */
export function notImplemented(what: string): never {
  throw new S3Error(501, 'NotImplemented', `This local AWS does not implement ${what}.`);
}

/** Headers that every answer of S3 has. */
export function s3Headers(requestId: string): Record<string, string> {
  return {
    'x-amz-request-id': requestId.slice(0, 8).toUpperCase() + requestId.slice(-8).toUpperCase(),
    'x-amz-id-2': Buffer.from(requestId).toString('base64'),
    Server: 'AmazonS3',
  };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function s3Failure(
  { status, code, message, details, headers }: S3Error,
  requestId: string,
  method: string,
): RawResponse {
  const common = s3Headers(requestId);
  const root: Element = [
    'Error',
    [
      ['Code', code],
      ['Message', message],
      ...details,
      ['RequestId', common['x-amz-request-id']],
      ['HostId', common['x-amz-id-2']],
    ],
  ];
  return {
    status,
    headers: { ...common, 'Content-Type': 'application/xml', ...headers },
    // An answer to HEAD has no body, and S3 says nothing of its length either.
    body: method === 'HEAD' || status === 304 ? '' : document(root),
  };
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An answer of S3 that is no error. */
export function s3Document(root: Element): string {
  return document(root, NAMESPACE);
}

function document(root: Element, namespace?: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml(root, namespace)}`;
}
