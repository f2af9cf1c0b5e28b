import { CredentialsError } from '../errors.ts';
import { isFunction, optional, text, type OptionRules } from '../option-table.ts';
import type { StsParameters } from './client.ts';
import type { StsSubject } from './rejection.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html */
export interface MfaOptions {
  /** The caller's MFA device: `arn:aws:iam::111111111111:mfa/anna`, or a hardware token's number. */
  readonly serialNumber?: string | undefined;
  /**
   * The six digits that the device shows, or a function that asks for them: at each renewal anew,
   * since each code is good once.
   */
  readonly tokenCode?: string | (() => string | Promise<string>) | undefined;
}

const CODE = /^\d{6}$/;

export function mfaRules(): OptionRules<MfaOptions> {
  return {
    serialNumber: optional(
      text(/^[\w+=/:,.@-]{9,256}$/, 'an ARN such as arn:aws:iam::111111111111:mfa/anna'),
    ),
    tokenCode: optional({
      accepts: (value) =>
        isFunction.accepts(value) || (typeof value === 'string' && CODE.test(value)),
      expected: 'six digits, or a function that returns them',
    }),
  };
}

/** @throws {TypeError} if one is given without the other */
export function checkMfa(subject: string, { serialNumber, tokenCode }: MfaOptions): void {
  if ((serialNumber === undefined) === (tokenCode === undefined)) return;
  const missing = serialNumber === undefined ? 'serialNumber' : 'tokenCode';
  throw new TypeError(`${subject}: ${missing}: is missing; MFA needs serialNumber and tokenCode`);
}

/** @throws {CredentialsError} NoToken, or whatever the caller's function throws */
export async function mfaParameters(
  { serialNumber, tokenCode }: MfaOptions,
  { name, roleArn }: StsSubject,
): Promise<StsParameters> {
  if (tokenCode === undefined) return {};
  const code = typeof tokenCode === 'string' ? tokenCode : await tokenCode();
  if (typeof code !== 'string' || !CODE.test(code)) {
    throw new CredentialsError('NoToken', `${name}: tokenCode: expected six digits`, {
      recoverable: true,
      roleArn,
    });
  }
  return { SerialNumber: serialNumber, TokenCode: code };
}
