// The least that signs: no checks, no retries, one key, strings only. It is the floor that the
// clients are measured against, and nothing to copy.
import { createHmac, hash } from 'node:crypto';

import { CREDENTIALS, TARGET } from './signing.ts';

let day = '';
let key: Buffer = Buffer.alloc(0);

/** The headers of a signature for one of the bench's own URLs, whose queries need no sorting or encoding. */
export function signByHand(method: string, url: string, type: string | undefined, body = '') {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const { service, region } = TARGET;
  if (day !== date.slice(0, 8)) {
    day = date.slice(0, 8);
    const steps = [day, region, service, 'aws4_request'];
    key = steps.reduce<Buffer>(
      (last, step) => createHmac('sha256', last).update(step).digest(),
      Buffer.from(`AWS4${CREDENTIALS.secretAccessKey}`),
    );
  }
  const path = url.indexOf('/', 8);
  const query = url.indexOf('?', path);
  const host = url.slice(url.indexOf('//') + 2, path);
  const sorted = url
    .slice(query + 1)
    .split('&')
    .toSorted()
    .join('&');
  const names = `${type ? 'content-type;' : ''}host;x-amz-date;x-amz-security-token`;
  const lines = `${type ? `content-type:${type}\n` : ''}host:${host}\nx-amz-date:${date}\nx-amz-security-token:${CREDENTIALS.sessionToken}\n`;
  const canonical = `${method}\n${url.slice(path, query)}\n${sorted}\n${lines}\n${names}\n${hash('sha256', body)}`;
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash('sha256', canonical)}`;
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return {
    'x-amz-date': date,
    'x-amz-security-token': CREDENTIALS.sessionToken,
    authorization: `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
