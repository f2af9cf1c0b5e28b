import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, test, vi } from 'vitest';

const run = promisify(execFile);
vi.setConfig({ testTimeout: 30_000 });

/** Runs it in a process of its own, which must end by itself. */
async function ends(body: string): Promise<string> {
  const script = `
    import { startLocalAws } from '@sigv4/testing';
    const account = '111111111111';
    const open = { authorization: 'NONE' };
    const aws = await startLocalAws({
      accounts: { [account]: {} },
      apis: {
        rest: { account, routes: [{ method: 'GET', path: '/x', ...open, handler: () => ({}) }] },
        chat: { kind: 'websocket', account, routes: [{ routeKey: '$connect', ...open }, { routeKey: '$default', handler: () => 'x' }] },
      },
    });
    ${body}
    await aws.close();
    process.stdout.write('closed');`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    // A leak would keep it alive for ever.
    timeout: 20_000,
  });
  return stdout;
}

test.each<[string, string]>([
  ['at once', ''],
  ['after a request whose connection is kept', 'await (await fetch(`${aws.apiUrl}/x`)).text();'],
  [
    'after a request by the agent',
    `const { get } = await import('node:https');
     await new Promise((done) => get(aws.apis.rest.hostUrl + '/x', { agent: aws.httpsAgent }, (answer) => answer.resume().on('end', done)));`,
  ],
  [
    'while a WebSocket is open',
    `const socket = new WebSocket(aws.apis.chat.url.replace('http', 'ws'));
     await new Promise((done) => socket.addEventListener('open', done));`,
  ],
  [
    'while an answer never comes',
    `await new Promise((came) => {
       aws.faults.when(() => (came(), { latency: Infinity }));
       fetch(aws.apiUrl).catch(() => {});
     });`,
  ],
  [
    'while a client has not said a word, nor begun with TLS',
    `const { connect } = await import('node:net');
     for (const port of [aws.tlsPort, new URL(aws.apiUrl).port, new URL(aws.apis.chat.url).port])
       await new Promise((done) => connect(port, '127.0.0.1', done).on('error', () => {}));
     // An answer over TLS comes after they were taken.
     const { get } = await import('node:https');
     await new Promise((done) => get(aws.apis.rest.hostUrl + '/x', { agent: aws.httpsAgent }, (answer) => answer.resume().on('end', done)));`,
  ],
  ['twice', 'await aws.close();'],
])('closed %s, the process ends by itself', async (_when, body) => {
  expect(await ends(body)).toBe('closed');
});

test('a failed assertion ends the process, though nobody has closed the local AWS', async () => {
  const script = `
    import assert from 'node:assert';
    import { startLocalAws } from '@sigv4/testing';
    const account = '111111111111';
    const open = { authorization: 'NONE' };
    const aws = await startLocalAws({
      accounts: { [account]: {} },
      apis: {
        rest: { account, routes: [{ method: 'GET', path: '/x', ...open, handler: () => ({}) }] },
      },
    });
    await (await fetch(aws.apiUrl + '/x')).text();
    try {
      assert.equal(aws.requests.length, 2, 'as it failed');
    } catch (error) {
      // As a test runner does, which goes on.
      process.stderr.write(error.message);
    }`;
  const { stderr } = await run(
    process.execPath,
    ['--conditions=@sigv4/source', '--input-type=module', '-e', script],
    { cwd: import.meta.dirname, timeout: 20_000 },
  );
  expect(stderr).toContain('as it failed');
});

test('what did not start leaves nothing behind', async () => {
  const body = `
    const port = Number(new URL(aws.stsUrl).port);
    const error = await startLocalAws({ tlsPort: port }).catch((thrown) => thrown);
    if (!/for TLS, is in use/.test(error.message)) throw error;`;
  expect(await ends(body)).toBe('closed');
});
