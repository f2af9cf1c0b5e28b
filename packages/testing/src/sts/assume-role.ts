import type { Identity } from '../iam/identity.ts';
import { isMfaCode } from '../iam/mfa-code.ts';
import type { Element } from '../wire/xml.ts';
import { StsError } from './answer.ts';
import type { SessionAttributes, StsCall } from './call.ts';
import type { StsParameters } from './parameters.ts';
import {
  checkRoleArn,
  checkTags,
  NAME,
  readRoleSession,
  startRoleSession,
} from './role-session.ts';

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function assumeRole(call: StsCall, identity: Identity): Element[] {
  const { parameters, accounts, now } = call;
  const asked = readRoleSession(parameters);
  const externalId = parameters.optionalText('ExternalId', {
    min: 2,
    max: 1224,
    pattern: /[\w+=,.@:/-]*/,
  });
  const { attributes, count } = readAttributes(parameters);
  const mfa = readMfa(parameters);
  parameters.throwFaults();
  checkRoleArn(asked.roleArn);
  checkTags(attributes, count);
  const isMfa = checkMfa(identity, mfa, now);
  return startRoleSession(call, {
    action: 'AssumeRole',
    who: identity,
    role: accounts.role(asked.roleArn),
    asked,
    attributes,
    more: {
      ...(externalId === undefined ? undefined : { 'sts:ExternalId': externalId }),
      ...(isMfa ? { 'aws:MultiFactorAuthPresent': 'true', 'aws:MultiFactorAuthAge': '0' } : {}),
    },
  });
}

function readAttributes(parameters: StsParameters): {
  readonly attributes: SessionAttributes;
  readonly count: number;
} {
  const given = parameters.members('Tags');
  for (const [at, tag] of given.entries()) {
    const characters = /[\p{L}\p{Z}\p{N}_.:/=+\-@]*/u;
    parameters.check(`tags.${at + 1}.member.key`, tag.get('Key') ?? '', {
      min: 1,
      max: 128,
      pattern: characters,
    });
    parameters.check(`tags.${at + 1}.member.value`, tag.get('Value') ?? '', {
      min: 0,
      max: 256,
      pattern: characters,
    });
  }
  return {
    count: given.length,
    attributes: {
      tags: new Map(given.map((tag) => [tag.get('Key') ?? '', tag.get('Value') ?? ''])),
      transitiveTagKeys: parameters
        .members('TransitiveTagKeys')
        .map((member) => member.get('') ?? ''),
      sourceIdentity: parameters.optionalText('SourceIdentity', {
        min: 2,
        max: 64,
        pattern: NAME,
      }),
    },
  };
}

export interface MfaParameters {
  readonly serialNumber: string | undefined;
  readonly tokenCode: string | undefined;
}

export function readMfa(parameters: StsParameters): MfaParameters {
  return {
    serialNumber: parameters.optionalText('SerialNumber', {
      min: 9,
      max: 256,
      pattern: /[\w+=/:,.@-]*/,
    }),
    tokenCode: parameters.optionalText('TokenCode', { min: 6, max: 6, pattern: /\d*/ }),
  };
}

/**
 * @returns whether a code was given, and is right
 * @throws {StsError} if it is wrong
 */
export function checkMfa(
  { mfa }: Identity,
  { serialNumber, tokenCode }: MfaParameters,
  now: number,
): boolean {
  if (serialNumber === undefined && tokenCode === undefined) return false;
  const failed = (detail: string): StsError =>
    new StsError(403, 'AccessDenied', `MultiFactorAuthentication failed${detail}`);
  if (serialNumber === undefined || tokenCode === undefined)
    throw failed(', must provide both MFA serial number and one time pass code.');
  if (mfa?.serialNumber !== serialNumber) {
    throw failed(
      ', unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
    );
  }
  if (!isMfaCode(mfa, tokenCode, now)) throw failed(' with invalid MFA one time pass code. ');
  return true;
}
