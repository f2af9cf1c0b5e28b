// One call with 256 MiB, in a process of its own: what it takes at the most.
import { setImmediate as turn } from 'node:timers/promises';

import axios from 'axios';
import ky from 'ky';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import { signChunkedUpload } from '@sigv4/signer';

import { CREDENTIALS, TARGET } from './signing.ts';

const SIZE = 268_435_456;
const CHUNK = 262_144;
const [name = '', origin = ''] = process.argv.slice(2);
const url = `${origin}/upload`;
const options = { credentials: CREDENTIALS, ...TARGET };
const type = { 'content-type': 'application/octet-stream' };

function bytes(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(SIZE).fill(1);
}

function stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunk = new Uint8Array(CHUNK).fill(1);
  let left = SIZE / CHUNK;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(chunk);
      else controller.close();
    },
  });
}

async function byFetch(call: typeof fetch, body: BodyInit): Promise<void> {
  const init = { method: 'PUT', headers: type, body, duplex: 'half' };
  await (await call(url, init)).text();
}

async function byAxios(isSigned: boolean): Promise<void> {
  const instance = axios.create({ adapter: 'http', maxBodyLength: Infinity });
  if (isSigned) instance.interceptors.request.use(sigv4Interceptor(options));
  await instance.put(url, Buffer.from(bytes().buffer), { headers: type });
}

async function byKy(isSigned: boolean): Promise<void> {
  const limits = { retry: 0, timeout: false } as const;
  const api = isSigned
    ? ky.create({ ...limits, hooks: sigv4Hooks({ ...options, maxBufferedBytes: Infinity }) })
    : ky.create(limits);
  await api.put(url, { body: bytes(), headers: type }).text();
}

const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  idle: async () => {},
  'fetch, bytes, unsigned': () => byFetch(fetch, bytes()),
  'fetch, bytes, signed': () => byFetch(createSignedFetch(options), bytes()),
  'axios, bytes, unsigned': () => byAxios(false),
  'axios, bytes, signed': () => byAxios(true),
  'ky, bytes, unsigned': () => byKy(false),
  'ky, bytes, signed': () => byKy(true),
  'fetch, stream, unsigned': () => byFetch(fetch, stream()),
  "fetch, stream, payload: 'unsigned'": () =>
    byFetch(createSignedFetch({ ...options, payload: 'unsigned' }), stream()),
  'fetch, stream, signChunkedUpload()': async () => {
    const upload = await signChunkedUpload(
      { method: 'PUT', url, headers: type, body: stream(), contentLength: SIZE },
      { ...options, service: 's3' },
    );
    const { method, headers } = upload;
    const init = { method, headers, body: upload.body as BodyInit, duplex: 'half' };
    await (await fetch(upload.url, init)).text();
  },
};

// What is loaded for the first call is not what a body costs.
await byFetch(createSignedFetch(options), 'x');
await byFetch(fetch, stream().pipeThrough(new TransformStream({ start: (c) => c.terminate() })));
let longest = 0;
const watch = { isOn: true };
const watching = (async () => {
  for (let last = performance.now(); watch.isOn;) {
    await turn();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
})();
const call = CALLS[name];
if (call === undefined) console.log(JSON.stringify(Object.keys(CALLS)));
else {
  await call();
  watch.isOn = false;
  await watching;
  console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS / 1024, longest }));
}
process.exit();
