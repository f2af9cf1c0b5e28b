import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { startLocalAws, type HttpRoute, type Route } from '@sigv4/testing';

import { routeTable } from '../src/api/route-table.ts';

/*
 * What API Gateway documents, and what was measured on it, as a specification: of the routes that
 * take a request, keep those that are best at the first segment, then of these the best at the
 * second, and so on. Nothing here is compiled or sorted.
 */
const BEST_FIRST = ['text', 'variable', 'greedy'] as const;

function kindOf(segment: string): (typeof BEST_FIRST)[number] {
  if (!segment.startsWith('{')) return 'text';
  return segment.endsWith('+}') ? 'greedy' : 'variable';
}

function takes(route: Definition, method: string, path: string): boolean {
  if (route.method !== method && route.method !== 'ANY') return false;
  const wanted = route.path.split('/').slice(1);
  const given = path.split('/').slice(1);
  const isOpen = route.path.endsWith('+}');
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, at) => kindOf(segment) !== 'text' || segment === given[at]);
}

function specified(
  routes: readonly Definition[],
  kind: 'rest' | 'http',
  method: string,
  path: string,
): Definition | undefined {
  let left = routes.filter((route) => takes(route, method, path));
  const keep = (isBest: (route: Definition) => boolean): void => {
    if (left.some(isBest)) left = left.filter(isBest);
  };
  if (kind === 'http') keep((route) => !route.path.endsWith('+}'));
  for (let at = 1; at <= 4; at += 1) {
    for (const best of BEST_FIRST) {
      const those = left.filter((route) => kindOf(route.path.split('/')[at] ?? '') === best);
      if (those.length === 0) continue;
      left = those;
      break;
    }
  }
  keep((route) => route.method === method);
  expect(left.length).toBeLessThanOrEqual(1);
  return left[0];
}

interface Definition {
  readonly method: string;
  readonly path: string;
}

const segment = fc.constantFrom('a', 'b', '{v}');
const path = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.boolean())
  .map(([segments, isGreedy]) =>
    [...segments, ...(isGreedy || segments.length === 0 ? ['{p+}'] : [])]
      .map((text, at) => `/${text === '{v}' ? `{v${at}}` : text}`)
      .join(''),
  );
const method = fc.constantFrom('GET', 'POST', 'ANY');
const routes = fc.uniqueArray(fc.record({ method, path }), {
  maxLength: 12,
  selector: (route) => `${route.method} ${route.path}`,
});
const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  path: fc
    .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
    .map((texts) => `/${texts.join('/')}`),
});

test.each(['rest', 'http'] as const)('%s: routes rank as specified', (kind) => {
  fc.assert(
    fc.property(routes, fc.array(request, { minLength: 8, maxLength: 8 }), (table, requests) => {
      const find = routeTable(table, (route) => route, {
        where: 'API x',
        fullMatchesFirst: kind === 'http',
      });
      for (const asked of requests) {
        expect([asked, find(asked.method, asked.path)?.route]).toEqual([
          asked,
          specified(table, kind, asked.method, asked.path),
        ]);
      }
    }),
    { numRuns: 1500 },
  );
});

test('the order of definition makes no difference', () => {
  fc.assert(
    fc.property(routes, request, (table, asked) => {
      const find = (some: readonly Definition[]): Definition | undefined =>
        routeTable(some, (route) => route, { where: 'API x', fullMatchesFirst: false })(
          asked.method,
          asked.path,
        )?.route;
      expect(find(table.toReversed())).toBe(find(table));
    }),
  );
});

const OWN = '111111111111';
const accounts = { [OWN]: {} };

describe.each(['rest', 'http'] as const)('%s', (kind) => {
  const define = (routeKey: string, authorization: 'NONE' | 'AWS_IAM' = 'NONE'): object => {
    const [verb, at] = routeKey.split(' ');
    const target = kind === 'http' ? { routeKey } : { method: verb, path: at };
    return { ...target, authorization, handler: () => ({ body: routeKey }) };
  };
  const start = (...table: object[]): ReturnType<typeof startLocalAws> =>
    startLocalAws({
      accounts,
      apis: { x: { kind, account: OWN, routes: table as (Route & HttpRoute)[] } as never },
    });

  test('an open route for all paths does not open a protected one below it', async () => {
    const open = define('ANY /{proxy+}');
    const admin = define('ANY /admin/{proxy+}', 'AWS_IAM');
    for (const table of [
      [open, admin],
      [admin, open],
    ]) {
      await using aws = await start(...table);
      expect((await fetch(`${aws.apiUrl}/admin/x`)).status).toBe(403);
      expect(await (await fetch(`${aws.apiUrl}/other/x`)).text()).toBe('ANY /{proxy+}');
    }
  });

  test.each([
    [['GET /a', 'GET /a'], /the routes GET \/a and GET \/a take the same requests/],
    [['GET /a/{x}', 'GET /a/{y}'], /take the same requests/],
    [['ANY /{x+}', 'ANY /{y+}'], /take the same requests/],
    [['GET /{proxy+}/x'], /"\+" must be the last segment/],
    [['GET /a/{x'], /"\{x" is no segment/],
    [['GET /a//b'], /"" is no segment/],
    [['GET /{x}/{x}'], /it has \{x\} twice/],
  ])('%j is refused', async (keys, message) => {
    await expect(start(...keys.map((key) => define(key)))).rejects.toThrow(message);
  });
});

test.each([
  ['http', '$default'],
  ['websocket', 'send'],
])('%s: two routes %s are refused', async (kind, routeKey) => {
  const route = { routeKey, handler: () => ({}) };
  const api = { kind, account: OWN, routes: [route, route] } as never;
  await expect(startLocalAws({ accounts, apis: { x: api } })).rejects.toThrow(/two routes/);
});
