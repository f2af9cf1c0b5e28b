import { createHash } from 'node:crypto';

/** Reflected CRCs: width in bits, polynomial with its bits in reverse. */
const CRCS: ReadonlyMap<string, readonly [width: bigint, polynomial: bigint]> = new Map([
  ['crc32', [32n, 0xedb88320n]],
  ['crc32c', [32n, 0x82f63b78n]],
  ['crc64nvme', [64n, 0x9a6c9329ac4bc9b5n]],
]);

/**
 * The value of an `x-amz-checksum-…` header or trailer.
 *
 * @returns `undefined` at an algorithm that S3 does not have
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function payloadChecksum(header: string, payload: Uint8Array): string | undefined {
  const algorithm = /^x-amz-checksum-(.*)$/.exec(header)?.[1] ?? '';
  if (algorithm === 'sha1' || algorithm === 'sha256')
    return createHash(algorithm).update(payload).digest('base64');
  const crc = CRCS.get(algorithm);
  if (crc === undefined) return undefined;
  const [width, polynomial] = crc;
  const hex = reflectedCrc(payload, width, polynomial).toString(16);
  return Buffer.from(hex.padStart(Number(width) / 4, '0'), 'hex').toString('base64');
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
