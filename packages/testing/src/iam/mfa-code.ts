import { createHmac } from 'node:crypto';

import type { MfaDevice } from './account-definition.ts';

const STEP_MS = 30_000;

/**
 * The code that an MFA device shows, for `TokenCode`.
 *
 * @param at ms since the epoch
 * @throws {TypeError} at a seed that is not base32
 * @see https://www.rfc-editor.org/rfc/rfc6238
 */
export function mfaCode({ seed }: Pick<MfaDevice, 'seed'>, at: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)));
  const digest = createHmac('sha1', base32(seed)).update(counter).digest();
  const offset = (digest.at(-1) as number) & 15;
  const number = (digest.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000;
  return String(number).padStart(6, '0');
}

/** A device may be one step behind or ahead. */
export function isMfaCode(device: MfaDevice, code: string, now: number): boolean {
  return [-STEP_MS, 0, STEP_MS].some((off) => mfaCode(device, now + off) === code);
}

function base32(text: string): Buffer {
  let bits = '';
  for (const character of text.replace(/=+$/, '').toUpperCase()) {
    const value = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character);
    if (value === -1) throw new TypeError('mfa: seed must be base32: A-Z and 2-7');
    bits += value.toString(2).padStart(5, '0');
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
