import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Checksums that Node does not have: the width in bits, and the polynomial with reversed bits. */
const CRC32C = [32n, 0x82f63b78n] as const;
const CRC64NVME = [64n, 0x9a6c9329ac4bc9b5n] as const;

const ALGORITHMS: ReadonlyMap<string, (payload: Uint8Array) => string> = new Map([
  ['x-amz-checksum-crc32', (payload) => inBase64(BigInt(crc32(payload)), 32n)],
  ['x-amz-checksum-crc32c', (payload) => inBase64(reflectedCrc(payload, ...CRC32C), 32n)],
  ['x-amz-checksum-crc64nvme', (payload) => inBase64(reflectedCrc(payload, ...CRC64NVME), 64n)],
  ['x-amz-checksum-sha1', (payload) => createHash('sha1').update(payload).digest('base64')],
  ['x-amz-checksum-sha256', (payload) => createHash('sha256').update(payload).digest('base64')],
]);

/**
 * The value of an `x-amz-checksum-…` header or trailer.
 *
 * @returns `undefined` at an algorithm that S3 does not have
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function payloadChecksum(header: string, payload: Uint8Array): string | undefined {
  return ALGORITHMS.get(header)?.(payload);
}

function reflectedCrc(payload: Uint8Array, width: bigint, polynomial: bigint): bigint {
  const table = Array.from({ length: 256 }, (_, byte) => {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1)
      value = (value & 1n) === 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    return value;
  });
  const ones = (1n << width) - 1n;
  let crc = ones;
  for (const byte of payload)
    crc = (crc >> 8n) ^ (table[Number((crc ^ BigInt(byte)) & 255n)] as bigint);
  return crc ^ ones;
}

function inBase64(value: bigint, width: bigint): string {
  const digits = value.toString(16).padStart(Number(width) / 4, '0');
  return Buffer.from(digits, 'hex').toString('base64');
}
