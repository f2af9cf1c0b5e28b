import { createHash } from 'node:crypto';

/** An id of 20 characters, as AWS's are. The same arguments give the same id. */
export function uniqueId(prefix: string, of: string): string {
  const digits = createHash('sha256').update(`${prefix} ${of}`).digest();
  return (
    prefix +
    [...digits.subarray(0, 16)]
      .map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32])
      .join('')
  );
}
