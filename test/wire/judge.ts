import { createHash } from 'node:crypto';

import { verifySignature, type RawRequest, type Verdict } from '@sigv4/testing';

export const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'to/ken+=',
};
export const REGION = 'eu-west-1';

export interface Judged {
  /** As the verifier of `@sigv4/testing` says it: `ok`, or why it is refused. */
  readonly verdict: string;
  readonly method: string;
  readonly target: string;
  /** The content type; of a form, with its boundary replaced. */
  readonly type: string | undefined;
  readonly length: number;
  /** SHA-256 of the body; of a form, with its boundary replaced. */
  readonly body: string;
}

/** What API Gateway would see of a request. */
export function judge(request: RawRequest): Judged {
  const verdict = verdictOf(request);
  const { type, body } = withoutBoundary(request);
  return {
    verdict: verdict.ok ? 'ok' : verdict.reason,
    method: request.method,
    target: request.target,
    type,
    length: body.length,
    body: sha256(body),
  };
}

/** @throws if nothing came */
export function verdictOf(request: RawRequest | undefined, service = 'execute-api'): Verdict {
  if (request === undefined) throw new Error('nothing came');
  return verifySignature(request, {
    keys: (id) => (id === CREDENTIALS.accessKeyId ? CREDENTIALS : undefined),
    service,
    region: REGION,
  });
}

export function header(request: RawRequest | undefined, name: string): string | undefined {
  return request?.rawHeaders.find(([key]) => key.toLowerCase() === name)?.[1];
}

export function text(request: RawRequest | undefined): string {
  return new TextDecoder().decode(request?.body);
}

/** Each form has a boundary of its own. */
function withoutBoundary(request: RawRequest): { type: string | undefined; body: Uint8Array } {
  // Some browsers write it in lower case.
  const type = header(request, 'content-type')?.replace(/charset=utf-8$/i, 'charset=UTF-8');
  const boundary = /boundary=([^;]+)/.exec(type ?? '')?.[1];
  if (boundary === undefined) return { type, body: request.body };
  const latin1 = Buffer.from(request.body)
    .toString('latin1')
    .replaceAll(boundary, 'BOUNDARY')
    // Not every version of Node ends a form with a line break (RFC 2046 5.1.1 lets them).
    .replace(/--BOUNDARY--\r\n$/, '--BOUNDARY--');
  return { type: type?.replace(boundary, 'BOUNDARY'), body: Buffer.from(latin1, 'latin1') };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
