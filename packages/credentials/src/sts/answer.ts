import type { Credentials } from '@sigv4/signer';

import { findElement, readXml, type XmlElement } from './xml.ts';

/** What STS says when it rejects a call. */
export interface StsRejection {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly requestId: string | undefined;
}

/**
 * AWS's STS answers `<ErrorResponse><Error>…`, other implementations answer `<Error>` alone. From
 * what is not XML, nothing is read.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
export function readRejection(document: string): StsRejection {
  const root = readXml(document);
  const error = root && findElement(root, 'Error');
  return {
    code: textOf(error, 'Code'),
    message: textOf(error, 'Message'),
    requestId: textOf(root, 'RequestId') ?? textOf(root, 'RequestID'),
  };
}

/**
 * Reads the credentials in an answer to any of STS's actions.
 *
 * @returns what is wrong with the answer, if it has none
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
 */
export function readCredentials(document: string): Required<Credentials> | string {
  const root = readXml(document);
  if (root === undefined) return 'is not XML as STS writes it';
  const credentials = findElement(root, 'Credentials');
  if (credentials === undefined) return 'has no Credentials';
  const accessKeyId = textOf(credentials, 'AccessKeyId');
  const secretAccessKey = textOf(credentials, 'SecretAccessKey');
  const sessionToken = textOf(credentials, 'SessionToken');
  const told = textOf(credentials, 'Expiration');
  if (!accessKeyId) return 'has no AccessKeyId';
  if (!secretAccessKey) return 'has no SecretAccessKey';
  if (!sessionToken) return 'has no SessionToken';
  if (!told) return 'has no Expiration';
  const expiration = readDate(told);
  if (expiration === undefined) return 'has an Expiration that is no date';
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
}

/** STS writes whole seconds in UTC. Other implementations leave the zone out, or write nanoseconds. */
function readDate(told: string): Date | undefined {
  const [, date, millis = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:(\.\d{1,3})\d*)?(Z|[+-]\d\d:?\d\d)?$/.exec(told) ?? [];
  // JavaScript's own format needs a colon in the zone.
  const read = new Date(`${date}${millis}${zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(read.getTime()) ? undefined : read;
}

function textOf(within: XmlElement | undefined, name: string): string | undefined {
  return within && findElement(within, name)?.text;
}
