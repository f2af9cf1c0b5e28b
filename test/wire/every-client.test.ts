import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import type { SigV4Event } from '@sigv4/signer';
import type { RawRequest } from '@sigv4/testing';

import { webStream } from './bodies.ts';
import { CLIENTS } from './clients.ts';
import { CREDENTIALS, header, REGION, text, verdictOf } from './judge.ts';
import { startRawServer, type RawServer } from './raw-server.ts';

let server: RawServer;
let other: RawServer;
beforeAll(async () => {
  server = await startRawServer();
  other = await startRawServer();
});
beforeEach(() => {
  for (const { requests, answers } of [server, other]) {
    requests.length = 0;
    answers.length = 0;
  }
});
afterAll(async () => {
  await server.close();
  await other.close();
});

function isSigned(request: RawRequest | undefined): boolean {
  return verdictOf(request).ok;
}

/** Whatever a signature consists of. */
function secretsOf(request: RawRequest | undefined): string {
  return JSON.stringify(request?.rawHeaders ?? 'nothing came').replace(/"host","[^"]*"/i, '');
}

const SECRETS = /authorization|x-amz-|AKID|to\/ken/i;

describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
  const options = { credentials: CREDENTIALS, region: REGION };
  const client = make(options);

  describe('a redirect', () => {
    const CASES = [301, 302, 303, 307, 308].flatMap((status) =>
      ['GET', 'POST', 'PUT', 'DELETE', 'HEAD'].map((method) => [status, method] as const),
    );
    // RFC 9110 15.4, and the fetch standard, HTTP-redirect fetch, step 12.
    const becomes = (status: number, method: string): string => {
      if (status === 303 && method !== 'HEAD') return 'GET';
      return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method;
    };

    test.each(CASES)('%i of a %s within the origin', async (status, method) => {
      server.answers.push(`HTTP/1.1 ${status} Moved\r\nlocation: ../there?a=b c&%fc#part`);
      const hasBody = method === 'POST' || method === 'PUT';
      const body = hasBody ? webStream(new TextEncoder().encode('abc')) : undefined;
      const headers = hasBody ? { 'content-type': 'text/x-a' } : undefined;
      const call = { method, ...(hasBody && { body, headers }) };
      expect(await client(`${server.origin}/a/here`, call as object)).toBe(200);
      const [first, second, ...more] = server.requests;
      expect(more).toEqual([]);
      expect(first).toMatchObject({ method, target: '/a/here' });
      expect(second).toMatchObject({
        method: becomes(status, method),
        target: '/there?a=b%20c&%FC',
      });
      const keeps = becomes(status, method) === method && hasBody;
      expect(text(second)).toBe(keeps ? 'abc' : '');
      expect(header(second, 'content-type')).toBe(keeps ? 'text/x-a' : undefined);
      expect(server.requests.every(isSigned)).toBe(true);
    });

    test.each(CASES)('%i of a %s to another origin', async (status, method) => {
      server.answers.push(`HTTP/1.1 ${status} Moved\r\nlocation: ${other.origin}/`);
      await expect(client(`${server.origin}/here`, { method })).rejects.toMatchObject({
        code: 'ERR_SIGV4_REDIRECT',
      });
      expect(other.requests).toEqual([]);
    });

    test('without a location is an answer, with one that is no URL an error', async () => {
      server.answers.push('HTTP/1.1 302 Found', 'HTTP/1.1 302 Found\r\nlocation: http://[');
      expect(await client(`${server.origin}/here`)).toBe(302);
      await expect(client(`${server.origin}/here`)).rejects.toMatchObject({
        code: 'ERR_SIGV4_REDIRECT',
      });
    });

    test('in a circle ends', async () => {
      for (let at = 0; at < 30; at += 1) server.answers.push('HTTP/1.1 307 Moved\r\nlocation: /');
      await expect(client(`${server.origin}/`)).rejects.toMatchObject({
        code: 'ERR_SIGV4_REDIRECT',
        message: expect.stringMatching(/more than \d+ times/),
      });
    });

    test('has a signature of its own time and credentials stay the same', async () => {
      let time = Date.now();
      server.answers.push('HTTP/1.1 307 Moved\r\nlocation: /there');
      const ticking = make({ ...options, now: () => (time += 1000) });
      expect(await ticking(`${server.origin}/here`)).toBe(200);
      const dates = server.requests.map((request) => header(request, 'x-amz-date'));
      expect(new Set(dates).size).toBe(2);
      expect(server.requests.every(isSigned)).toBe(true);
    });
  });

  test('concurrent calls do not mix', async () => {
    const calls = Array.from({ length: 50 }, (_, at) =>
      client(`${server.origin}/${at}?at=${at}`, {
        method: at % 2 ? 'POST' : 'GET',
        headers: { 'x-at': `${at}` },
        ...(at % 2 ? { body: `body ${at}` } : undefined),
      }),
    );
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    expect(server.requests).toHaveLength(50);
    for (const request of server.requests) {
      const at = header(request, 'x-at');
      expect(request.target).toBe(`/${at}?at=${at}`);
      expect(text(request)).toBe(Number(at) % 2 ? `body ${at}` : '');
      expect(isSigned(request)).toBe(true);
    }
  });

  test('other hosts on the same client get neither signature nor token', async () => {
    const selective = make({ ...options, hosts: [`127.0.0.1:${server.port}`] });
    await Promise.all([selective(`${server.origin}/a`), selective(`${other.origin}/a:b?q=x+y`)]);
    expect(isSigned(server.requests[0])).toBe(true);
    expect(other.requests).toHaveLength(1);
    expect(other.requests[0]?.target).toBe('/a:b?q=x+y');
    expect(secretsOf(other.requests[0])).not.toMatch(SECRETS);
  });

  describe('nothing is sent', () => {
    test.each<[string, (abort: () => void) => Parameters<typeof make>[0]]>([
      ['before the call', (abort) => (abort(), options)],
      [
        'while credentials are fetched',
        (abort) => ({ ...options, credentials: async () => (abort(), CREDENTIALS) }),
      ],
      [
        'while the region is asked for',
        (abort) => ({ ...options, region: async () => (abort(), REGION) }),
      ],
    ])('after an abort %s', async (_when, optionsOf) => {
      const controller = new AbortController();
      const aborting = make(optionsOf(() => controller.abort()));
      const call = { method: 'POST', body: 'abc', signal: controller.signal };
      await expect(aborting(`${server.origin}/x`, call)).rejects.toThrow(/abort|cancel/i);
      expect(server.requests).toEqual([]);
    });

    test('after an abort while a stream is read', async () => {
      const controller = new AbortController();
      const body = new ReadableStream({ pull: () => controller.abort() }, { highWaterMark: 0 });
      const call = { method: 'POST', body, signal: controller.signal };
      await expect(client(`${server.origin}/x`, call)).rejects.toThrow(/abort|cancel/i);
      expect(server.requests).toEqual([]);
    });

    test('once more after an abort between a refusal and the second attempt', async () => {
      const controller = new AbortController();
      const hourAgo = new Date(Date.now() - 3_600_000).toUTCString();
      server.answers.push(
        `HTTP/1.1 403 No\r\ndate: ${hourAgo}\r\nx-amzn-errortype: RequestTimeTooSkewed`,
      );
      const events: SigV4Event['type'][] = [];
      const aborting = make({
        ...options,
        onEvent: ({ type }) => {
          events.push(type);
          if (type === 'retried') controller.abort();
        },
      });
      await expect(aborting(`${server.origin}/x`, { signal: controller.signal })).rejects.toThrow(
        /abort|cancel/i,
      );
      expect(events).toEqual(['rejected', 'retried']);
      expect(server.requests).toHaveLength(1);
    });
  });

  test('the caller keeps what was given: headers, bytes, options', async () => {
    const headers = Object.freeze({ 'X-A': 'b', 'content-type': 'text/x-a' });
    const body = new Uint8Array([1, 2, 3]);
    const credentials = vi.fn(async () => Object.freeze({ ...CREDENTIALS }));
    const frozen = make(Object.freeze({ ...options, credentials }));
    const call = Object.freeze({ method: 'PUT', headers, body });
    for (let at = 0; at < 2; at += 1) expect(await frozen(`${server.origin}/x`, call)).toBe(200);
    expect(body).toEqual(new Uint8Array([1, 2, 3]));
    expect(credentials).toHaveBeenCalledTimes(2);
    expect(server.requests.every(isSigned)).toBe(true);
  });
});
