import { createHash } from 'node:crypto';

/** 20 characters, as AWS's ids have. The same for the same. */
export function uniqueId(prefix: string, of: string): string {
  const digits = createHash('sha256').update(`${prefix} ${of}`).digest();
  return (
    prefix +
    [...digits.subarray(0, 16)]
      .map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32])
      .join('')
  );
}
