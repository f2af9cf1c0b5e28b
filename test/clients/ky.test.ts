import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { sigv4Hooks, type SigV4Context, type SigV4HooksOptions } from '@sigv4/ky';
import type { LocalAws } from '@sigv4/testing';

import { CALLER, INTERN, startWorld, type Echo } from '../world.ts';

let aws: LocalAws;
let failures = 0;
beforeEach(async () => {
  failures = 0;
  aws = await startWorld({
    routes: [
      {
        method: 'ANY',
        path: '/flaky',
        handler: () => (failures-- > 0 ? { status: 503 } : { body: { at: 'last' } }),
      },
    ],
  });
});
afterEach(() => aws.close());

function options(more: SigV4HooksOptions = {}): SigV4HooksOptions {
  return {
    credentials: aws.credentialsOf(CALLER),
    region: aws.region,
    now: aws.clock.now,
    ...more,
  };
}

function instance(more?: SigV4HooksOptions, kyOptions: Options = {}): KyInstance {
  return ky.extend({ prefix: aws.apiUrl, hooks: sigv4Hooks(options(more)), ...kyOptions });
}

test('json, searchParams and shortcuts work as ever', async () => {
  const answer = await instance()
    .post('orders', {
      json: { a: 'ü' },
      searchParams: [
        ['q', 'a b'],
        ['q', '€'],
      ],
    })
    .json<Echo>();
  expect(answer).toMatchObject({
    method: 'POST',
    body: '{"a":"ü"}',
    type: 'application/json',
    query: [
      ['q', 'a b'],
      ['q', '€'],
    ],
    caller: CALLER,
  });
});

test('each retry has a fresh date and signature, and the body again', async () => {
  failures = 2;
  const api = instance({}, { retry: { limit: 2, methods: ['put'], delay: () => 0 } });
  aws.clock.advance('1s');
  const beforeRetry = vi.fn<() => void>(() => aws.clock.advance('10m'));
  await api.put('flaky', { body: 'abc', hooks: { beforeRetry: [beforeRetry] } });
  expect(aws.requests.map(({ status, body }) => [status, Buffer.from(body).toString()])).toEqual([
    [503, 'abc'],
    [503, 'abc'],
    [200, 'abc'],
  ]);
  const dates = aws.requests.map(
    ({ rawHeaders }) => rawHeaders.find(([name]) => name.toLowerCase() === 'x-amz-date')?.[1],
  );
  expect(new Set(dates).size).toBe(3);
});

test("a call's own fetch sends it, signed", async () => {
  const own = vi.fn<typeof fetch>(async () => new Response('own'));
  expect(await instance().get('orders', { fetch: own }).text()).toBe('own');
  // ky gives a Request, which loggers and mocks rely on.
  const [sent] = own.mock.calls[0] ?? [];
  expect(sent instanceof Request && sent.headers.get('authorization')).toMatch(
    /^AWS4-HMAC-SHA256 /,
  );
});

test.each(['the same copy', 'another copy'])(
  'an instance that was extended twice, by hooks of %s, signs a request once, with the last options',
  async (which) => {
    if (which === 'another copy') vi.resetModules();
    const other = await import('@sigv4/ky');
    expect(other.sigv4Hooks === sigv4Hooks).toBe(which === 'the same copy');
    const own = vi.fn<typeof fetch>((input, init) => fetch(input, init));
    const first = vi.fn(async () => aws.credentialsOf(INTERN));
    const api = instance({ credentials: first }).extend({
      fetch: own,
      hooks: other.sigv4Hooks(options()),
    });
    expect(await api.get('orders').json<Echo>()).toMatchObject({ caller: CALLER });
    expect(own).toHaveBeenCalledTimes(1);
    expect(first).not.toHaveBeenCalled();
  },
);

test('the context of a call can leave it unsigned, or give it options of its own', async () => {
  const api = instance({}, { throwHttpErrors: false });
  expect((await api.get('orders', { context: { sigv4: false } })).status).toBe(403);
  expect((await api.get('orders', { context: { sigv4: { region: 'us-east-1' } } })).status).toBe(
    403,
  );
  expect(aws.requests.map(({ refusal }) => refusal)).toEqual([
    'Missing Authentication Token',
    expect.stringContaining("not 'us-east-1'"),
  ]);
});

test('a failure to sign is thrown at once, not retried', async () => {
  const credentials = vi.fn<() => Promise<never>>(() =>
    Promise.reject(new Error('no credentials')),
  );
  await expect(instance({ credentials }, { retry: 3 }).get('orders')).rejects.toThrow(
    'no credentials',
  );
  expect(credentials).toHaveBeenCalledTimes(1);
  expect(aws.requests).toEqual([]);
});

test('hooks of the caller see no secret', async () => {
  const seen: string[] = [];
  await instance().get('orders', {
    hooks: {
      beforeRequest: [({ request }) => void seen.push(JSON.stringify([...request.headers]))],
    },
  });
  expect(seen.join()).not.toMatch(/authorization|x-amz-/i);
});

test('ky 1, which would send everything unsigned, is refused', () => {
  const [beforeRequest] = sigv4Hooks(options()).beforeRequest ?? [];
  const asKy1 = beforeRequest as unknown as (request: Request, options: object) => void;
  expect(() => asKy1(new Request('https://x.example'), {})).toThrow(
    /needs ky 2 or later; npm install ky@2/,
  );
});

test('a fetch among the options is refused, since the instance has one', () => {
  const given = { region: 'eu-west-1', fetch } as SigV4HooksOptions;
  expect(() => sigv4Hooks(given)).toThrow(
    /^fetch: there is no such option; give `fetch` to the ky/,
  );
});

test("the type of context's options finds a mistake that ky's own does not", () => {
  const good = {
    sigv4: { region: 'eu-west-1', signatureIn: 'query' },
    mine: 1,
  } satisfies SigV4Context;
  const unsigned = { sigv4: false } satisfies SigV4Context;
  // @ts-expect-error -- there is no such option
  const wrong = { sigv4: { servce: 's3' } } satisfies SigV4Context;
  // Each of them is a context of ky.
  const contexts: Options['context'][] = [good, unsigned, wrong];
  expect(contexts).toHaveLength(3);
});
