import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';

import axios from 'axios';
import ky from 'ky';
import { Agent, fetch as undiciFetch, WebSocket as UndiciWebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import { createSigner } from '@sigv4/signer';
import type { LocalAws, Route } from '@sigv4/testing';

import { CALLER, OWN } from '../world.ts';
import { startWith } from './start.ts';

const run = promisify(execFile);
const HOST = 'abc123.execute-api.eu-west-1.amazonaws.com';

let aws: LocalAws;
let dispatcher: Agent;
beforeAll(async () => {
  const echo: Route = {
    method: 'GET',
    path: '/{proxy+}',
    handler: ({ path, headers, caller }) => ({
      body: { path, host: headers.get('host'), caller: caller?.arn },
    }),
  };
  aws = await startWith({
    orders: { account: OWN, id: 'abc123', routes: [echo] },
    custom: { account: OWN, domainName: 'API.example.com', stages: ['v1'], routes: [echo] },
    http: {
      kind: 'http',
      account: OWN,
      domainName: 'http.example.com',
      stages: ['v1'],
      routes: [{ routeKey: 'GET /x', handler: () => ({ body: 'http' }) }],
    },
    url: { kind: 'function-url', account: OWN, id: 'url1', handler: () => ({ body: 'lambda' }) },
    chat: {
      kind: 'websocket',
      account: OWN,
      id: 'chat1',
      routes: [{ routeKey: '$default', handler: ({ body }) => body }],
    },
  });
  dispatcher = new Agent({ connect: aws.connect });
});
afterAll(async () => {
  await dispatcher.close();
  await aws.close();
});

const signing = (): { credentials: ReturnType<LocalAws['credentialsOf']>; now: () => number } => ({
  credentials: aws.credentialsOf(CALLER),
  now: aws.clock.now,
});
const SEEN = { path: '/x', host: HOST, caller: CALLER };

test('URLs are those of AWS', () => {
  expect(Object.values(aws.apis).map(({ hostUrl }) => hostUrl)).toEqual([
    `https://${HOST}/prod`,
    'https://api.example.com',
    'https://http.example.com',
    'https://url1.lambda-url.eu-west-1.on.aws',
    'https://chat1.execute-api.eu-west-1.amazonaws.com/prod',
  ]);
});

describe('each client reaches them, and the name tells where to sign for', () => {
  test('axios', async () => {
    const orders = axios.create({
      adapter: 'http',
      baseURL: `https://${HOST}/prod`,
      httpsAgent: aws.httpsAgent,
    });
    orders.interceptors.request.use(sigv4Interceptor(signing()));
    expect((await orders.get('/x')).data).toEqual(SEEN);
    // Over a connection that is kept.
    expect((await orders.get('/x')).data).toEqual(SEEN);
  });

  test('fetch', async () => {
    const signedFetch = createSignedFetch(signing());
    const init = { dispatcher } as RequestInit;
    expect(await (await signedFetch(`https://${HOST}/prod/x`, init)).json()).toEqual(SEEN);
  });

  test('the fetch of undici', async () => {
    const signedFetch = createSignedFetch({
      ...signing(),
      fetch: ((url: string, init: object) =>
        undiciFetch(url, { ...init, dispatcher })) as unknown as typeof fetch,
    });
    expect(await (await signedFetch(`https://${HOST}/prod/x`)).json()).toEqual(SEEN);
  });

  test('ky', async () => {
    const api = ky.extend({ hooks: sigv4Hooks(signing()), dispatcher } as object);
    expect(await api.get(`https://${HOST}/prod/x`).json()).toEqual(SEEN);
  });

  test('node:https', async () => {
    const signer = createSigner(signing());
    const { url, headers } = await signer.sign({ method: 'GET', url: `https://${HOST}/prod/x` });
    const sent = request(url, { headers, agent: aws.httpsAgent }).end();
    const body = await new Promise<string>((resolve, reject) => {
      sent.on('response', (response) => void text(response).then(resolve, reject));
      sent.on('error', reject);
    });
    expect(JSON.parse(body)).toEqual(SEEN);
  });

  test('a WebSocket', async () => {
    const url = await createSigner(signing()).presign(aws.apis['chat']?.hostUrl ?? '', {
      expiresIn: 60,
    });
    url.protocol = 'wss:';
    const socket = new UndiciWebSocket(url, { dispatcher });
    const answer = await new Promise((resolve, reject) => {
      socket.addEventListener('open', () => socket.send('hello'));
      socket.addEventListener('message', ({ data }) => resolve(data));
      socket.addEventListener('error', reject);
    });
    expect(answer).toBe('hello');
    socket.close();
  });

  test('STS', async () => {
    const response = await createSignedFetch(signing())(
      'https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15',
      { dispatcher } as RequestInit,
    );
    expect(await response.text()).toContain(`<Arn>${CALLER}</Arn>`);
  });

  test('a function URL', async () => {
    const response = await createSignedFetch(signing())(aws.apis['url']?.hostUrl ?? '', {
      dispatcher,
    } as RequestInit);
    expect(await response.text()).toBe('lambda');
  });

  test('curl, with the authority in a file and --connect-to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sigv4-ca-'));
    await writeFile(join(folder, 'ca.pem'), aws.ca);
    const { stdout } = await run('curl', [
      '-sS',
      '--cacert',
      join(folder, 'ca.pem'),
      '--connect-to',
      `::127.0.0.1:${aws.tlsPort}`,
      `https://${HOST}/prod/x`,
    ]);
    await rm(folder, { recursive: true });
    expect(stdout).toBe('{"message":"Missing Authentication Token"}');
  });
});

test.each([
  ['custom', JSON.stringify({ path: '/x', host: 'api.example.com', caller: CALLER })],
  ['http', 'http'],
])('a custom domain name has no stage in its paths: %s', async (api, answer) => {
  const signedFetch = createSignedFetch({ ...signing(), region: aws.region });
  const init = { dispatcher } as RequestInit;
  const response = await signedFetch(`${aws.apis[api]?.hostUrl}/x`, init);
  expect(await response.text()).toBe(answer);
});

describe('what it is not', () => {
  test('another host is refused, by name, and nothing leaves this machine', async () => {
    const error: unknown = await fetch('https://example.com/', { dispatcher } as RequestInit).catch(
      (thrown: unknown) => (thrown as Error).cause,
    );
    expect(String(error)).toMatch(/has no host example\.com.* It has .*abc123\.execute-api/);
    await expect(
      axios.get('https://example.com/', { adapter: 'http', httpsAgent: aws.httpsAgent }),
    ).rejects.toThrow(/has no host example\.com/);
  });

  test('its servers on 127.0.0.1 are reached by the same dispatcher', async () => {
    const { status } = await fetch(aws.apiUrl, { dispatcher } as RequestInit);
    expect(status).toBe(403);
  });

  test('a host header that nobody has is misdirected', async () => {
    const socket = connectTls({ port: aws.tlsPort, host: '127.0.0.1', ca: aws.ca });
    socket.end('GET / HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 421 /);
  });

  test('who does not trust its authority does not connect', async () => {
    const socket = connectTls({ port: aws.tlsPort, host: '127.0.0.1', servername: HOST });
    const error = await new Promise<NodeJS.ErrnoException>((resolve) =>
      socket.once('error', resolve),
    );
    expect(error.code).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/);
  });

  test('two of them do not trust each other', async () => {
    await using other = await startWith({});
    const socket = connectTls({
      port: aws.tlsPort,
      host: '127.0.0.1',
      servername: HOST,
      ca: other.ca,
    });
    const error = await new Promise<NodeJS.ErrnoException>((resolve) =>
      socket.once('error', resolve),
    );
    expect(error.code).toMatch(/SIGNATURE|SELF_SIGNED|VERIFY/);
  });
});

describe('the certificate', () => {
  let leaf: X509Certificate;
  beforeAll(async () => {
    const socket = connectTls({
      port: aws.tlsPort,
      host: '127.0.0.1',
      ca: aws.ca,
      servername: HOST,
    });
    await new Promise((resolve, reject) =>
      socket.once('secureConnect', resolve).once('error', reject),
    );
    leaf = socket.getPeerX509Certificate() as X509Certificate;
    socket.destroy();
  });

  test('is for every host, and signed by its authority', () => {
    const ca = new X509Certificate(aws.ca);
    expect(ca.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
    for (const host of [HOST, 'api.example.com', 'sts.eu-west-1.amazonaws.com', 'localhost']) {
      expect(leaf.checkHost(host)).toBe(host);
    }
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkHost('example.com')).toBeUndefined();
    expect(leaf.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(leaf.validToDate.getTime()).toBeGreaterThan(Date.now() + 300 * 86_400_000);
  });

  test('is one that OpenSSL accepts, strictly', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sigv4-x509-'));
    await writeFile(join(folder, 'ca.pem'), aws.ca);
    await writeFile(join(folder, 'leaf.pem'), leaf.toString());
    const { stdout } = await run(
      'openssl',
      `verify -x509_strict -purpose sslserver -verify_hostname ${HOST} -CAfile ca.pem leaf.pem`.split(
        ' ',
      ),
      { cwd: folder },
    );
    await rm(folder, { recursive: true });
    expect(stdout).toMatch(/leaf\.pem: OK/);
  });
});
