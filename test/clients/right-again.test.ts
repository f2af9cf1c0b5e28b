import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { assumeRole, cacheCredentials } from '@sigv4/credentials';
import type { Credentials, CredentialsProvider, SigV4Event } from '@sigv4/signer';
import type { LocalAws } from '@sigv4/testing';

import { CLIENTS, type Client } from '../wire/clients.ts';
import { CALLER, ROLE, startWorld } from '../world.ts';

let aws: LocalAws;
let events: SigV4Event[] = [];
beforeEach(async () => {
  aws = await startWorld();
  events = [];
});
afterEach(() => aws.close());

function onEvent(event: SigV4Event): void {
  events.push(event);
}

/** What was answered, by status → how often. */
function answered(service: 'execute-api' | 'sts' = 'execute-api'): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const request of aws.requests.filter((seen) => seen.service === service)) {
    counts[request.status] = (counts[request.status] ?? 0) + 1;
  }
  return counts;
}

function session(): ReturnType<typeof assumeRole> {
  return assumeRole({
    roleArn: ROLE,
    source: aws.credentialsOf(CALLER),
    region: aws.region,
    endpoint: aws.stsUrl,
    now: aws.clock.now,
  });
}

/** Sessions of which nobody knows when they end, as many machines hand them out. */
function withoutExpiration(): CredentialsProvider {
  let current: Promise<Credentials> | undefined;
  return (options) => {
    if (options?.forceRefresh) current = undefined;
    current ??= session()().then(({ accessKeyId, secretAccessKey, sessionToken = '' }) => ({
      accessKeyId,
      secretAccessKey,
      sessionToken,
    }));
    return current;
  };
}

const otherApi = (): string => `${aws.apis.other?.url}/orders`;
const POST = { method: 'POST', body: '{"a":"ü"}' };

function fifty(client: Client, url: string): Promise<number[]> {
  return Promise.all(Array.from({ length: 50 }, () => client(url, POST)));
}

const FIFTY_GOOD = Array.from({ length: 50 }, () => 200);

describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
  const RETRIED = (because: string): object[] => [
    { type: 'rejected' },
    { type: 'retried', because },
  ];

  test.each(['1h', '-1h'])(
    'a clock that is %s off costs one request more, and the call succeeds',
    async (away) => {
      const here = aws.clock.now();
      aws.clock.advance(away);
      const credentials = aws.credentialsOf(CALLER);
      const client = make({ credentials, region: aws.region, now: () => here, onEvent });
      expect(await client(`${aws.apiUrl}/orders`, POST)).toBe(200);
      expect(answered()).toEqual({ 200: 1, 403: 1 });
      expect(events).toMatchObject(RETRIED('clock-skew'));
      expect(await fifty(client, `${aws.apiUrl}/orders`)).toEqual(FIFTY_GOOD);
      expect(answered()).toEqual({ 200: 51, 403: 1 });
    },
  );

  test('of 50 calls at once with a clock that is off, each is sent once more at most', async () => {
    const here = aws.clock.now();
    aws.clock.advance('1h');
    const credentials = aws.credentialsOf(CALLER);
    const client = make({ credentials, region: aws.region, now: () => here });
    expect(await fifty(client, `${aws.apiUrl}/orders`)).toEqual(FIFTY_GOOD);
    expect(answered()['403']).toBeLessThanOrEqual(50);
    expect(answered()['200']).toBe(50);
  });

  describe.each([
    ['assumeRole', session],
    ['a provider without invalidate', withoutExpiration],
  ])('%s', (_provider, credentials) => {
    test.each(['revokeSessions', 'forgetSessions'] as const)(
      '%s costs one request and one refresh, and the call succeeds',
      async (end) => {
        const client = make({
          credentials: credentials(),
          region: aws.region,
          now: aws.clock.now,
          onEvent,
        });
        expect(await client(otherApi(), POST)).toBe(200);
        aws[end](ROLE);
        // Sessions of the same second are revoked too.
        aws.clock.advance('1s');
        expect(await client(otherApi(), POST)).toBe(200);
        expect(answered()).toEqual({ 200: 2, 403: 1 });
        expect(answered('sts')).toEqual({ 200: 2 });
        expect(events).toMatchObject(RETRIED('credentials'));
      },
    );

    test('50 calls that are in flight when it is revoked cost one refresh, and all succeed', async () => {
      const client = make({ credentials: credentials(), region: aws.region, now: aws.clock.now });
      expect(await client(otherApi())).toBe(200);
      aws.forgetSessions(ROLE);
      expect(await fifty(client, otherApi())).toEqual(FIFTY_GOOD);
      expect(answered('sts')).toEqual({ 200: 2 });
      expect(answered()).toEqual({ 200: 51, 403: 50 });
    });
  });

  test('an expired token costs one request and one refresh, and the call succeeds', async () => {
    const credentials = withoutExpiration();
    const client = make({ credentials, region: aws.region, now: aws.clock.now, onEvent });
    expect(await client(otherApi(), POST)).toBe(200);
    aws.clock.advance('2h');
    expect(await client(otherApi(), POST)).toBe(200);
    expect(answered()).toEqual({ 200: 2, 403: 1 });
    expect(events).toMatchObject([
      { rejection: { reason: 'token-expired' } },
      { type: 'retried', because: 'credentials' },
    ]);
    aws.clock.advance('2h');
    expect(await fifty(client, otherApi())).toEqual(FIFTY_GOOD);
    expect(answered('sts')).toEqual({ 200: 3 });
  });

  test.each([
    ['a provider', (source: CredentialsProvider) => source],
    ['a cache', (source: CredentialsProvider) => cacheCredentials(source, { now: aws.clock.now })],
  ])(
    'keys that were rotated, from %s, cost one request more, and the call succeeds',
    async (_from, provider) => {
      let keys: Credentials = { accessKeyId: 'AKIAROTATED', secretAccessKey: 'old' };
      const client = make({
        credentials: provider(async (options) => {
          if (options?.forceRefresh) keys = aws.credentialsOf(CALLER);
          return keys;
        }),
        region: aws.region,
        now: aws.clock.now,
        onEvent,
      });
      expect(await client(`${aws.apiUrl}/orders`, POST)).toBe(200);
      expect(answered()).toEqual({ 200: 1, 403: 1 });
      expect(events).toMatchObject(RETRIED('credentials'));
    },
  );

  test('keys that are other ones each time, and never known, end in no loop', async () => {
    let asked = 0;
    const client = make({
      credentials: async () => ({ accessKeyId: `AKIA${(asked += 1)}`, secretAccessKey: 's' }),
      region: aws.region,
      now: aws.clock.now,
      onEvent,
    });
    expect(await client(`${aws.apiUrl}/orders`, POST)).toBe(403);
    expect(answered()).toEqual({ 403: 2 });
    expect(events.map(({ type }) => type)).toEqual(['rejected', 'retried', 'rejected']);
  });

  test('a clock that is off and a key that is not known end in no loop', async () => {
    const here = aws.clock.now();
    aws.clock.advance('1h');
    let asked = 0;
    const client = make({
      credentials: async () => ({ accessKeyId: `AKIA${(asked += 1)}`, secretAccessKey: 's' }),
      region: aws.region,
      now: () => here,
    });
    expect(await client(`${aws.apiUrl}/orders`, POST)).toBe(403);
    expect(answered()).toEqual({ 403: 2 });
  });
});
