import type { Hash } from './hash.ts';
import { subtle } from './web-crypto.ts';

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' };
const encoder = new TextEncoder();

/** The hashes of WebCrypto: browsers, workers, and every runtime without node:crypto. */
export const hash: Hash<CryptoKey> = {
  sha256Hex: async (data) => hex(await subtle().digest('SHA-256', bytesOf(data))),
  importKey,
  hmac: async (key, data) => new Uint8Array(await sign(await importKey(bytesOf(key)), data)),
  hmacHex: async (key, data) => hex(await sign(key, data)),
};

async function importKey(raw: Uint8Array): Promise<CryptoKey> {
  return subtle().importKey('raw', raw as Uint8Array<ArrayBuffer>, ALGORITHM, false, ['sign']);
}

async function sign(key: CryptoKey, data: Uint8Array | string): Promise<ArrayBuffer> {
  return subtle().sign('HMAC', key, bytesOf(data));
}

function bytesOf(data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof data === 'string' ? encoder.encode(data) : (data as Uint8Array<ArrayBuffer>);
}

function hex(buffer: ArrayBuffer): string {
  let text = '';
  for (const byte of new Uint8Array(buffer)) text += byte.toString(16).padStart(2, '0');
  return text;
}
