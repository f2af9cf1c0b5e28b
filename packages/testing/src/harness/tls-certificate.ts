import {
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from 'node:crypto';

/** PEM texts. */
export interface TlsCertificate {
  /** The certificate of the authority that signed it, which a client must trust. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * A certificate for these host names and 127.0.0.1, and an authority of its own for it. Both are
 * valid from yesterday for a year, by this machine's clock, since TLS clients go by that.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280
 */
export function createCertificate(hostNames: readonly string[]): TlsCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = name('@sigv4/testing local authority');
  const names = [
    ...hostNames.map((host) => der(0x82, Buffer.from(host))),
    // An IP address is four bytes here.
    der(0x87, Buffer.from([127, 0, 0, 1])),
  ];
  const authorityId = keyId(authority.publicKey);
  const ca = certificate(authority.privateKey, issuer, issuer, authority, [
    extension(BASIC_CONSTRAINTS, true, sequence(der(0x01, Buffer.from([0xff])))),
    // keyCertSign
    extension(KEY_USAGE, true, der(0x03, Buffer.from([2, 0x04]))),
    extension(SUBJECT_KEY_ID, false, der(0x04, authorityId)),
  ]);
  const cert = certificate(
    authority.privateKey,
    issuer,
    name(hostNames[0] ?? 'localhost'),
    server,
    [
      extension(BASIC_CONSTRAINTS, true, sequence()),
      // digitalSignature
      extension(KEY_USAGE, true, der(0x03, Buffer.from([7, 0x80]))),
      extension(EXTENDED_KEY_USAGE, false, sequence(oid(SERVER_AUTH))),
      extension(SUBJECT_ALT_NAME, false, sequence(...names)),
      extension(AUTHORITY_KEY_ID, false, sequence(der(0x80, authorityId))),
    ],
  );
  return {
    ca,
    cert,
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_ID = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const DAY = 86_400_000;

/** RFC 5280, 4.1, as PEM. */
function certificate(
  signingKey: KeyObject,
  issuer: Buffer,
  subject: Buffer,
  { publicKey }: KeyPairKeyObjectResult,
  extensions: readonly Buffer[],
): string {
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const now = Date.now();
  const serial = randomBytes(16);
  // A positive number, without a leading zero.
  serial[0] = 0x40 | ((serial[0] as number) & 0x3f);
  const toBeSigned = sequence(
    // Version 3.
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    issuer,
    sequence(time(now - DAY), time(now + 365 * DAY)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', toBeSigned, signingKey);
  const bytes = sequence(toBeSigned, algorithm, bitString(signature));
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** A common name has room for 64 characters; clients read the alternative names only. */
function name(commonName: string): Buffer {
  const text = der(0x0c, Buffer.from(commonName.slice(0, 64)));
  return sequence(der(0x31, sequence(oid(COMMON_NAME), text)));
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...critical, der(0x04, value));
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

/** Tag, length, value. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) size.unshift(rest & 0xff);
  const head = length < 128 ? [tag, length] : [tag, 0x80 | size.length, ...size];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.from([0]), bytes);
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f));
    bytes.push(...digits);
  }
  return der(0x06, Buffer.from(bytes));
}

/** UTCTime, `YYMMDDHHMMSSZ`: RFC 5280 has it until 2049. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${text}Z`));
}
