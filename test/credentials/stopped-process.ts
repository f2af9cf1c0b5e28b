// Run by frozen.test.ts: asks for a role's session whenever it is told to, by a clock that a file moves.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { assumeRole } from '@sigv4/credentials';

const [, , endpoint, clockFile = ''] = process.argv;

const get = assumeRole({
  roleArn: 'arn:aws:iam::222222222222:role/orders-invoke',
  source: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's' },
  endpoint,
  now: () => Number(readFileSync(clockFile, 'utf8')),
  random: () => 0,
});

createInterface({ input: process.stdin }).on('line', (call) => {
  get().then(
    ({ accessKeyId }) => console.log(`${call} ${accessKeyId}`),
    (error: unknown) => console.log(`${call} ${String(error)}`),
  );
});
