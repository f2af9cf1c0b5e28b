import { createHmac, createSecretKey, hash } from 'node:crypto';

import { Sha256 as JavaScriptSha256 } from '@aws-crypto/sha256-js';
import aws4 from 'aws4';
import { aws4Interceptor } from 'aws4-axios';
import { signRequest } from 'aws-sigv4-sign';
import { AwsV4Signer } from 'aws4fetch';
import axios, { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

import { createSigner } from '@sigv4/signer';
import { smithyEngine } from '@sigv4/signer/smithy';

import { awsCrtSigner } from './aws-crt.ts';
import { smithySigner } from '../conformance/smithy-signer.ts';
import { bundleSize } from '../consumers/bundle-size.ts';
import { table, timeInterleaved } from './interleaved.ts';

const credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'FwoGZXIvYXdzE'.repeat(30),
};
const target = { service: 'execute-api', region: 'eu-west-1' };
const host = 'abc123.execute-api.eu-west-1.amazonaws.com';
const query = { customer: 'C-1047', status: 'open', from: '2026-01-01', limit: '50' };
const path = `/prod/orders?${new URLSearchParams(query)}`;
const url = `https://${host}${path}`;
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

const ours = createSigner({ credentials });
const oursWithSmithy = createSigner({ credentials, engine: smithyEngine() });
const smithy = smithySigner({ ...credentials, ...target });
const smithyInJavaScript = smithySigner({ ...credentials, ...target }, JavaScriptSha256);
// Its types are those of CommonJS.
const instance: unknown = axios;
const intercept = aws4Interceptor({ instance: instance as never, options: target, credentials });
const cache = new Map<string, ArrayBuffer>();
const awsCrt = awsCrtSigner({ ...credentials, ...target });

for (const [title, method, body] of [
  ['GET, 4 query parameters, 6 headers, session token', 'GET', undefined],
  ['POST, 1 KiB', 'POST', 'u'.repeat(1024)],
] as const) {
  const content = body === undefined ? {} : { body };
  const forSmithy = {
    method,
    protocol: 'https:',
    hostname: host,
    path: '/prod/orders',
    query,
    headers: { ...headers, host },
    body,
  };
  const figures = await timeInterleaved([
    {
      name: 'floor: the hashes that no signer can avoid',
      run: () => [
        ...(body === undefined ? [] : [hash('sha256', body, 'hex')]),
        hash('sha256', canonicalRequest, 'hex'),
        createHmac('sha256', key).update('x'.repeat(138)).digest('hex'),
      ],
    },
    { name: '@sigv4/signer', run: () => ours.sign({ method, url, headers, body }) },
    {
      name: '@sigv4/signer, smithyEngine()',
      run: () => oursWithSmithy.sign({ method, url, headers, body }),
    },
    {
      name: 'aws4',
      run: () =>
        aws4.sign(
          { host, path, method, headers: { ...headers }, ...content, ...target },
          credentials,
        ),
    },
    { name: '@smithy/signature-v4, native hashes', run: () => smithy.sign(forSmithy) },
    { name: '@smithy/signature-v4, sha256-js', run: () => smithyInJavaScript.sign(forSmithy) },
    {
      name: 'aws-sigv4-sign',
      run: () => signRequest(url, { method, headers, ...content }, { ...target, credentials }),
    },
    { name: "aws4-axios' interceptor", run: () => intercept(axiosConfig(method, body)) },
    {
      name: 'aws4fetch',
      run: () =>
        new AwsV4Signer({
          url,
          method,
          headers,
          ...content,
          ...credentials,
          ...target,
          cache,
        }).sign(),
    },
    ...(awsCrt
      ? [{ name: 'aws-crt', run: () => awsCrt(method, path, { ...headers, host }, body) }]
      : []),
  ]);
  const micros = (name: string): number =>
    figures.find((figure) => figure.name === name)?.micros ?? Number.NaN;
  const peers = figures.slice(3);
  const fastest = peers.reduce((a, b) => (b.micros < a.micros ? b : a));
  console.log(`${table(title, figures)}\n`);
  console.log(
    `@sigv4/signer takes ${(micros('@sigv4/signer') / (figures[0]?.micros ?? 1)).toFixed(1)} times the floor; the fastest peer, ${fastest.name}, ${(fastest.micros / micros('@sigv4/signer')).toFixed(1)} times as long as @sigv4/signer.\n`,
  );
}
if (!awsCrt) console.log('aws-crt is not installed: pnpm --filter @sigv4/test add -D aws-crt\n');
console.log(`Node ${process.version}; medians of interleaved rounds: compare ratios, not runs.\n`);

await largeBody();
const { bytes, gzipped } = await bundleSize(
  "export { createSignedFetch } from '@sigv4/fetch'",
  import.meta.dirname,
);
console.log(
  `@sigv4/fetch for header signing in a browser: ${bytes} bytes minified, ${gzipped} gzipped.`,
);

function axiosConfig(method: string, data: string | undefined): InternalAxiosRequestConfig {
  return {
    method,
    url,
    data,
    headers: new AxiosHeaders(headers),
    transformRequest: [(value: unknown) => value],
  };
}

/** 128 MiB beside one plain digest, and the longest that others had to wait. */
async function largeBody(): Promise<void> {
  const body = new Uint8Array(128 * 1_048_576);
  const ratios: number[] = [];
  let longest = 0;
  for (let round = 0; round < 5; round += 1) {
    const start = performance.now();
    hash('sha256', body, 'hex');
    const plain = performance.now() - start;
    let last = performance.now();
    let watching = true;
    const watch = (): void => {
      if (!watching) return;
      const now = performance.now();
      if (round > 0) longest = Math.max(longest, now - last);
      last = now;
      setImmediate(watch);
    };
    setImmediate(watch);
    const begin = performance.now();
    await ours.sign({ method: 'PUT', url, body });
    ratios.push(plain / (performance.now() - begin));
    watching = false;
  }
  const middle = ratios.toSorted((a, b) => a - b)[2] ?? Number.NaN;
  console.log(
    `128 MiB: ${middle.toFixed(2)} of the speed of one plain digest; others waited ${longest.toFixed(1)} ms at the longest.\n`,
  );
}
