import ky, { HTTPError, type Hooks, type Options } from 'ky';
import { describe, expect, test } from 'vitest';

import { sigv4Hooks } from '@sigv4/ky';

import { CREDENTIALS, header, judge, REGION, text } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

/** What every hook of an instance is shown, in order. */
type Seen = [hook: string, of: unknown][];

async function ofRequest(request: Request): Promise<unknown> {
  const { method, url, headers, bodyUsed } = request;
  const body = bodyUsed ? 'used' : await request.clone().text();
  return { method, url, headers: [...headers], body };
}

function watching(seen: Seen): Hooks {
  return {
    init: [(options) => void seen.push(['init', Object.keys(options).toSorted()])],
    beforeRequest: [
      async ({ request, options, retryCount }) => {
        const given = Object.keys(options).toSorted();
        seen.push(['beforeRequest', [await ofRequest(request), given, retryCount]]);
      },
    ],
    beforeRetry: [
      async ({ request, error, retryCount }) => {
        seen.push(['beforeRetry', [await ofRequest(request), error.name, retryCount]]);
      },
    ],
    afterResponse: [
      async ({ request, response, retryCount }) => {
        const { status, url, redirected } = response;
        seen.push([
          'afterResponse',
          [await ofRequest(request), { status, url, redirected }, retryCount],
        ]);
      },
    ],
    beforeError: [
      async ({ error }) => {
        const request = error instanceof HTTPError ? await ofRequest(error.request) : undefined;
        seen.push(['beforeError', [error.name, error.message, request]]);
        return error;
      },
    ],
  };
}

const CALLS: readonly [string, Options][] = [
  ['a GET', {}],
  ['a query', { searchParams: { a: 'b&c', d: '€' } }],
  ['JSON', { method: 'post', json: { a: 1 } }],
  ['text', { method: 'post', body: 'abc' }],
  ['JSON that takes the place of a text', { method: 'post', body: 'abc', json: { a: 1 } }],
  ['JSON written by stringifyJson', { method: 'put', json: 1, stringifyJson: () => '{"b":2}' }],
  ['own headers', { headers: { 'X-Own': 'a', accept: 'text/x' } }],
  ['a form of text', { method: 'post', body: new URLSearchParams('a=b') }],
];
const ANSWERS: readonly [string, string[]][] = [
  ['a success', []],
  ['two failures, and retries', ['HTTP/1.1 503 Busy', 'HTTP/1.1 503 Busy']],
  ['a refusal', ['HTTP/1.1 403 Forbidden']],
  ['a missing thing', ['HTTP/1.1 404 Not Found']],
  ['a redirect', ['HTTP/1.1 307 Elsewhere\r\nlocation: /elsewhere']],
];

describe.each(CALLS)('%s', (_name, options) => {
  test.each(ANSWERS)('with %s, hooks see what they see unsigned', async (_answer, answers) => {
    const runs: { seen: Seen; sent: unknown[] }[] = [];
    for (const isSigned of [false, true]) {
      const seen: Seen = [];
      server.answers.push(...answers);
      const plain = ky.create({
        hooks: watching(seen),
        retry: { limit: 2, methods: ['get', 'post', 'put'], delay: () => 0 },
      });
      const signing = sigv4Hooks({
        credentials: CREDENTIALS,
        service: 'execute-api',
        region: REGION,
      });
      const api = isSigned ? plain.extend({ hooks: signing }) : plain;
      await api(`${server.origin}/x`, options).catch((error: unknown) => {
        if (!(error instanceof HTTPError)) throw error;
      });
      const sent = server.requests.splice(0);
      for (const request of sent) {
        expect(judge(request).verdict === 'ok').toBe(isSigned);
      }
      runs.push({
        seen,
        sent: sent.map((request) => [
          request.method,
          request.target,
          header(request, 'content-type'),
          text(request),
        ]),
      });
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[0]?.seen.length).toBeGreaterThan(2);
  });
});

test.each(CALLS)('%s goes out as unsigned, where no hook looks on', async (_name, options) => {
  const api = ky.extend({
    hooks: sigv4Hooks({ credentials: CREDENTIALS, service: 'execute-api', region: REGION }),
  });
  await ky(`${server.origin}/x`, options);
  await api(`${server.origin}/x`, options);
  const [unsigned, signed] = server.requests.map(judge);
  expect(signed).toEqual({ ...unsigned, verdict: 'ok' });
});
