import { createHmac, createSecretKey, hash } from 'node:crypto';

import aws4 from 'aws4';

import { createSigner } from '@sigv4/signer';

import { smithySigner } from '../conformance/smithy-signer.ts';
import { table, timeInterleaved } from './interleaved.ts';

const credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'FwoGZXIvYXdzE'.repeat(30),
};
const host = 'abc123.execute-api.eu-west-1.amazonaws.com';
const query = { customer: 'C-1047', status: 'open', from: '2026-01-01', limit: '50' };
const path = `/prod/orders?${new URLSearchParams(query)}`;
const headers = {
  accept: 'application/json',
  'accept-encoding': 'gzip',
  'content-type': 'application/json',
  'user-agent': 'orders/1.0',
  'x-amz-meta-tenant': 'blue',
  'x-request-id': 'f3b8',
};
const canonicalRequest = 'x'.repeat(900);
const key = createSecretKey(Buffer.alloc(32, 1));

const signer = createSigner({ credentials });
const smithy = smithySigner({ ...credentials, service: 'execute-api', region: 'eu-west-1' });

for (const [title, method, body] of [
  ['GET, 4 query parameters, 6 headers', 'GET', undefined],
  ['POST, 1 KiB', 'POST', 'ü'.repeat(512)],
] as const) {
  const figures = await timeInterleaved([
    {
      name: 'floor: the hashes that no signer can avoid',
      run: () => [
        hash('sha256', body ?? '', 'hex'),
        hash('sha256', canonicalRequest, 'hex'),
        createHmac('sha256', key).update('x'.repeat(138)).digest('hex'),
      ],
    },
    {
      name: '@sigv4/signer',
      run: () => signer.sign({ method, url: `https://${host}${path}`, headers, body }),
    },
    {
      name: 'aws4',
      run: () =>
        aws4.sign(
          {
            host,
            path,
            method,
            headers: { ...headers },
            ...(body === undefined ? {} : { body }),
            service: 'execute-api',
            region: 'eu-west-1',
          },
          credentials,
        ),
    },
    {
      name: '@smithy/signature-v4',
      run: () =>
        smithy.sign({
          method,
          protocol: 'https:',
          hostname: host,
          path: '/prod/orders',
          query,
          headers: { ...headers, host },
          body,
        }),
    },
  ]);
  console.log(`${table(title, figures)}\n`);
}
console.log(`Node ${process.version}; medians of interleaved rounds: compare ratios, not runs.`);
