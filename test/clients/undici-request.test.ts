import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { assumeRole } from '@sigv4/credentials';
import { explain, type SigV4Event } from '@sigv4/signer';
import type { LocalAws } from '@sigv4/testing';

import { SILENCE, startRawServer } from '../wire/raw-server.ts';
import { CALLER, INTERN, ROLE, startWorld, type Echo } from '../world.ts';
import { signedRequest } from './undici-request.ts';

let aws: LocalAws;
let events: SigV4Event[] = [];
beforeEach(async () => {
  aws = await startWorld();
  events = [];
});
afterEach(() => aws.close());

function clientOf(arn = CALLER, more: object = {}): ReturnType<typeof signedRequest> {
  return signedRequest({
    credentials: aws.credentialsOf(arn),
    region: aws.region,
    now: aws.clock.now,
    onEvent: (event) => events.push(event),
    ...more,
  });
}

test('the local AWS finds its signatures good, whatever the body is', async () => {
  const call = clientOf();
  const text = '{"sku":"hät"}';
  const bytes = new TextEncoder().encode(text);
  for (const body of [undefined, '', text, bytes, Readable.from([bytes, text])]) {
    const method = body === undefined ? 'GET' : 'POST';
    const answer = await call(`${aws.apiUrl}/orders?q=a+b&q=`, {
      method,
      ...(body !== undefined && { body }),
    });
    expect(answer.status).toBe(200);
    const { body: received, query, caller } = (await answer.json()) as Echo;
    const sent = body instanceof Readable ? text + text : body === bytes ? text : (body ?? '');
    expect([received, query, caller]).toEqual([
      sent,
      [
        ['q', 'a b'],
        ['q', ''],
      ],
      CALLER,
    ]);
  }
});

test('a call sends what its arguments were when it was made', async () => {
  const body = new TextEncoder().encode('first');
  const headers = { 'x-amz-meta-a': 'first' };
  const sending = clientOf()(`${aws.apiUrl}/orders`, { method: 'PUT', headers, body });
  body.fill(0x2e);
  headers['x-amz-meta-a'] = 'second';
  const answer = await sending;
  expect([answer.status, ((await answer.json()) as Echo).body]).toEqual([200, 'first']);
});

test('a refusal comes back as it is, with the reason beside it', async () => {
  const answer = await clientOf(INTERN)(`${aws.apiUrl}/orders`);
  expect(answer.status).toBe(403);
  expect(explain(answer)).toMatchObject({
    reason: 'denied',
    denial: { caller: INTERN, action: 'execute-api:Invoke' },
  });
  expect(await answer.json()).toMatchObject({ Message: expect.stringContaining(INTERN) });
  expect(events.map(({ type }) => type)).toEqual(['rejected']);
});

test('a refusal that quotes the session token shows none of it, and tells its reason', async () => {
  const session = await assumeRole({
    roleArn: ROLE,
    source: aws.credentialsOf(CALLER),
    region: aws.region,
    endpoint: aws.stsUrl,
    now: aws.clock.now,
  })();
  const call = clientOf(CALLER, { credentials: { ...session, secretAccessKey: 'another' } });
  const answer = await call(`${aws.apis.other?.url}/orders`);
  expect(explain(answer)).toMatchObject({
    reason: 'signature-mismatch',
    differences: [{ part: 'secret', change: 'wrong' }],
  });
  const text = await answer.text();
  expect(text).toContain('x-amz-security-token:[redacted]');
  expect(text).not.toContain(session.sessionToken);
});

test('a clock that is off is set right: one request more, and a good answer', async () => {
  const here = aws.clock.now();
  aws.clock.advance('1h');
  const call = clientOf(CALLER, { now: () => here });
  const statuses = [await call(`${aws.apiUrl}/a`), await call(`${aws.apiUrl}/b`)];
  expect(statuses.map(({ status }) => status)).toEqual([200, 200]);
  expect(aws.requests.map(({ status }) => status)).toEqual([403, 200, 200]);
  expect(events.map(({ type }) => type)).toEqual(['rejected', 'retried']);
});

test('a host that is not known as one of AWS gets the call as it is, and an event tells', async () => {
  const call = clientOf(CALLER, { region: undefined });
  const headers = { 'x-a': 'b' };
  const answer = await call(`${aws.apiUrl}/orders?q=a`, { method: 'POST', headers, body: 'text' });
  expect(answer.status).toBe(403);
  expect(explain(answer)?.reason).toBe('not-signed');
  const [request] = aws.requests;
  const names = request?.rawHeaders.map(([name]) => name.toLowerCase()) ?? [];
  expect(names).toContain('x-a');
  expect(names).not.toContain('authorization');
  expect(events.map(({ type }) => type)).toEqual(['passed', 'rejected']);
});

test('the URL that was signed goes over the wire, and an abort ends the call there', async () => {
  const server = await startRawServer();
  server.answers.push(SILENCE);
  const controller = new AbortController();
  const sending = clientOf()(`${server.origin}/it's?q=a+b`, { signal: controller.signal });
  const reason = new Error('the caller changed its mind');
  while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort(reason);
  await expect(sending).rejects.toBe(reason);
  expect(server.requests.map(({ target }) => target)).toEqual(['/it%27s?q=a%20b']);
  await server.close();
});

test('docs/guides/own-client.md shows this client, which has under 40 lines', async () => {
  const read = (path: string): Promise<string> => readFile(join(import.meta.dirname, path), 'utf8');
  const client = await read('undici-request.ts');
  expect(client.split('\n').filter((line) => line !== '').length).toBeLessThan(40);
  const page = await read('../../docs/guides/own-client.md');
  expect(page).toContain(`\`\`\`ts test/clients/undici-request.ts\n${client}\`\`\`\n`);
});
