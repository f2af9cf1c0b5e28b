import { createServer, type AddressInfo, type Server } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { CLIENTS } from '../wire/clients.ts';
import { CREDENTIALS, REGION, verdictOf } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const own = sharedRawServer();

/** Another origin of this machine. Whoever only connects to it has followed too far. */
let other: Server;
let connections = 0;
let elsewhere: string;
beforeAll(async () => {
  other = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.2', resolve);
  });
  elsewhere = `127.0.0.2:${(other.address() as AddressInfo).port}`;
});
beforeEach(() => {
  connections = 0;
});
afterAll(() => {
  other.close();
});

const STATUSES = [301, 302, 303, 307, 308];

/** A path, where the server redirects it to, one after the other, and what is asked for at the end. */
const WITHIN: readonly (readonly [path: string, locations: readonly string[], last: string])[] = [
  ['//{other}/x', ['/login'], '/login'],
  ['//{other}/x', ['y'], '//{other}/y'],
  ['/x', ['/.//{other}/', '/login'], '/login'],
  ['/x', ['/grüße'], '/gr%C3%BC%C3%9Fe'],
  ['/x', ['/.//{other}/', '?a'], '//{other}/?a'],
  ['/x', ['{own}//{other}/', '/login'], '/login'],
  ['/\\{other}/x', ['/login'], '/login'],
  ['/%2f/{other}/x', ['/login'], '/login'],
  ['//', ['/login'], '/login'],
  ['//a:b', ['/login'], '/login'],
  ['//logs/2026', ['/login'], '/login'],
];

const AWAY: readonly (readonly [path: string, locations: readonly string[]])[] = [
  ['/x', ['//{other}/login']],
  ['/x', ['\\\\{other}/login']],
  ['/x', ['http://{other}/login']],
  ['/x', ['/.//{other}/', '//{other}/login']],
  ['//{other}/x', ['http://{other}/login']],
  ['//{other}/x', ['/.//{other}/', 'http:\\\\{other}']],
];

describe.each(Object.entries(CLIENTS))('%s', (_client, make) => {
  const client = make({ credentials: CREDENTIALS, region: REGION });
  const filled = (text: string): string =>
    text.replace('{other}', elsewhere).replace('{own}', own.origin);

  const call = (path: string, locations: readonly string[], status: number): Promise<number> => {
    for (const location of locations) {
      own.answers.push(`HTTP/1.1 ${status} Moved\r\nlocation: ${filled(location)}`);
    }
    return client(own.origin + filled(path), { method: 'POST', body: 'secret' });
  };

  test.each(WITHIN)('%s, redirected to %j, stays within its origin', async (path, to, last) => {
    for (const status of STATUSES) {
      own.requests.length = 0;
      expect(await call(path, to, status)).toBe(200);
      expect(own.requests).toHaveLength(to.length + 1);
      expect(own.requests.at(-1)?.target.replaceAll('%3A', ':')).toBe(filled(last));
      for (const request of own.requests) expect(verdictOf(request)).toMatchObject({ ok: true });
    }
    expect(connections).toBe(0);
  });

  test.each(AWAY)('%s, redirected to %j, is refused before it connects', async (path, to) => {
    for (const status of STATUSES) {
      own.requests.length = 0;
      await expect(call(path, to, status)).rejects.toMatchObject({ code: 'ERR_SIGV4_REDIRECT' });
      expect(own.requests).toHaveLength(to.length);
    }
    expect(connections).toBe(0);
  });
});
