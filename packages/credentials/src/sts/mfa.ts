import { CredentialsError } from '../errors.ts';
import type { StsParameters } from './client.ts';
import type { StsSubject } from './rejection.ts';
import { TOKEN_CODE, type MfaOptions } from './sts-options.ts';

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
  if (typeof code !== 'string' || !TOKEN_CODE.test(code)) {
    throw new CredentialsError('NoToken', `${name}: tokenCode: expected six digits`, {
      recoverable: true,
      roleArn,
    });
  }
  return { SerialNumber: serialNumber, TokenCode: code };
}
