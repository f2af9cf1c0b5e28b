import { randomUUID } from 'node:crypto';

import type { RawResponse } from '../wire/raw-response.ts';

/** An element: its name, and its text or what is in it; elements without content are left out. */
export type Element = readonly [name: string, content: string | readonly Element[] | undefined];

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
    body: xml(root, '', ' xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'),
  };
}

function xml([name, content]: Element, indent = '', attributes = ''): string {
  if (content === undefined) return '';
  const inner =
    typeof content === 'string'
      ? escape(content)
      : `\n${content.map((child) => xml(child, `${indent}  `)).join('')}${indent}`;
  return `${indent}<${name}${attributes}>${inner}</${name}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
};

function escape(text: string): string {
  return (
    text
      .replaceAll(/[&<>\r]/g, (character) => ENTITIES[character] as string)
      // XML has no way to write these characters.
      .replaceAll(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
  );
}
