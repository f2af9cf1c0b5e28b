import { randomUUID } from 'node:crypto';

import type { RawResponse } from '../wire/raw-response.ts';
import { xml, type Element } from '../wire/xml.ts';

/** A refusal of STS, with its own code. */
export class StsError extends Error {
  readonly status: number;
  readonly code: string;
  /** Why, in this kit's words, and the canonical request where that is why. */
  readonly because: string | undefined;
  readonly comparison: string | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    because?: string,
    comparison?: string,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.because = because;
    this.comparison = comparison;
  }
}

export function stsAnswer(action: string, result: readonly Element[]): RawResponse {
  const requestId = randomUUID();
  return xmlResponse(200, requestId, [
    `${action}Response`,
    [
      [`${action}Result`, result],
      ['ResponseMetadata', [['RequestId', requestId]]],
    ],
  ]);
}

export function stsFailure({ status, code, message }: StsError): RawResponse {
  const requestId = randomUUID();
  return xmlResponse(status, requestId, [
    'ErrorResponse',
    [
      [
        'Error',
        [
          ['Type', status < 500 ? 'Sender' : 'Receiver'],
          ['Code', code],
          ['Message', message],
        ],
      ],
      ['RequestId', requestId],
    ],
  ]);
}

function xmlResponse(status: number, requestId: string, root: Element): RawResponse {
  return {
    status,
    headers: { 'Content-Type': 'text/xml', 'x-amzn-RequestId': requestId },
    body: xml(root, 'https://sts.amazonaws.com/doc/2011-06-15/'),
  };
}
