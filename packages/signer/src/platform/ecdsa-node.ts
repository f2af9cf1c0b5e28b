import { createPrivateKey, sign, type KeyObject } from 'node:crypto';

import { pkcs8, type Ecdsa } from './ecdsa.ts';

/** The ECDSA of node:crypto. */
export const ecdsa: Ecdsa<KeyObject> = {
  importKey: (scalar) =>
    createPrivateKey({ key: Buffer.from(pkcs8(scalar)), format: 'der', type: 'pkcs8' }),
  sign: (key, data) => sign('sha256', Buffer.from(data), key).toString('hex'),
};
