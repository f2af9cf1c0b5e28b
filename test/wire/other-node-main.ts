// What other versions of Node run, bundled: bodies, redirects and a skewed clock through each
// client, judged on the wire. Prints what is wrong.
import { compareBody } from './body-table.ts';
import { CREDENTIALS, REGION, text, verdictOf } from './judge.ts';
import { BODIES } from './node-bodies.ts';
import { startRawServer } from './raw-server.ts';
import { axiosWith, fetchWith, kyClient, type Make } from './web-clients.ts';

const CLIENTS: Readonly<Record<string, Make>> = {
  'axios, http adapter': axiosWith('http'),
  'axios, fetch adapter': axiosWith('fetch'),
  fetch: fetchWith(),
  // It needs Node 22.
  ...(Number.parseInt(process.versions.node, 10) >= 22 && { ky: kyClient }),
};

const server = await startRawServer();
const wrong: unknown[] = [];
const checked: string[] = [];

async function check(name: string, run: () => Promise<unknown>): Promise<void> {
  checked.push(name);
  server.requests.length = 0;
  try {
    const found = await run();
    if (Array.isArray(found) && found.length > 0) wrong.push([name, ...found]);
  } catch (error) {
    wrong.push([name, String(error)]);
  }
}

function expectAllOf(status: number, bodies: readonly string[], verdicts: readonly string[]) {
  const came = server.requests.map((request) => text(request));
  const judged = server.requests.map((request) => {
    const verdict = verdictOf(request);
    return verdict.ok ? 'ok' : verdict.reason;
  });
  return JSON.stringify([status, came, judged]) === JSON.stringify([200, bodies, verdicts])
    ? []
    : [status, came, judged];
}

for (const [client, make] of Object.entries(CLIENTS)) {
  const signed = make({ credentials: CREDENTIALS, region: REGION });
  const unsigned = make();
  for (const body of BODIES) {
    await check(`${client}: ${body.name}`, () =>
      compareBody(server, client, body, (isSigned) =>
        (isSigned ? signed : unsigned)(`${server.origin}/x`, { method: 'POST', body: body.make() }),
      ),
    );
  }
  for (const [status, second] of [
    [303, ''],
    [307, 'abc'],
  ] as const) {
    await check(`${client}: a ${status}`, async () => {
      server.answers.push(`HTTP/1.1 ${status} Moved\r\nlocation: /a b?q=^|`);
      const came = await signed(`${server.origin}/x`, { method: 'POST', body: 'abc' });
      return expectAllOf(came, ['abc', second], ['ok', 'ok']);
    });
  }
  await check(`${client}: a skewed clock`, async () => {
    const skewed = make({ credentials: CREDENTIALS, region: REGION, now: () => Date.now() - 7e6 });
    server.answers.push(
      `HTTP/1.1 403 No\r\ndate: ${new Date().toUTCString()}\r\nx-amzn-errortype: RequestTimeTooSkewed`,
    );
    const came = await skewed(`${server.origin}/^|ü`, { method: 'POST', body: 'abc' });
    return expectAllOf(came, ['abc', 'abc'], ['expired', 'ok']);
  });
}
await server.close();
console.log(JSON.stringify({ version: process.version, checked: checked.length, wrong }));
process.exit(0);
