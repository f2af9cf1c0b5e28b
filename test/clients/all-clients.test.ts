import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { assumeRole } from '@sigv4/credentials';
import type { SigV4Event } from '@sigv4/signer';
import type { LocalAws, SeenRequest } from '@sigv4/testing';

import { CLIENTS } from '../wire/clients.ts';
import { CALLER, INTERN, ROLE, startWorld } from '../world.ts';

let aws: LocalAws;
beforeEach(async () => {
  aws = await startWorld();
});
afterEach(() => aws.close());

function role(more = {}): ReturnType<typeof assumeRole> {
  return assumeRole({
    roleArn: ROLE,
    source: aws.credentialsOf(CALLER),
    region: aws.region,
    endpoint: aws.stsUrl,
    now: aws.clock.now,
    ...more,
  });
}

function calls(service: SeenRequest['service']): SeenRequest[] {
  return aws.requests.filter((request) => request.service === service);
}

describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
  const OTHER_API = (): string => `${aws.apis.other?.url}/orders?q=a b&q=ü`;

  test('calls an API of its own account, and of another one through a role', async () => {
    const own = make({
      credentials: aws.credentialsOf(CALLER),
      region: aws.region,
      now: aws.clock.now,
    });
    expect(await own(`${aws.apis.own?.url}/orders`, { method: 'POST', body: '{"a":1}' })).toBe(200);
    // The API of the other account lets in only what its own account's policies allow.
    expect(await own(OTHER_API())).toBe(403);
    const across = make({ credentials: role(), region: aws.region, now: aws.clock.now });
    expect(await across(OTHER_API())).toBe(200);
    expect(calls('execute-api').map(({ callerArn }) => callerArn)).toEqual([
      CALLER,
      CALLER,
      expect.stringContaining('assumed-role/orders-invoke/'),
    ]);
  });

  test('200 calls at once on a cold cache make one AssumeRole', async () => {
    const client = make({ credentials: role(), region: aws.region, now: aws.clock.now });
    const statuses = await Promise.all(Array.from({ length: 200 }, () => client(OTHER_API())));
    expect(statuses.every((status) => status === 200)).toBe(true);
    expect(calls('sts')).toHaveLength(1);
    expect(calls('execute-api')).toHaveLength(200);
  });

  test('calls go on after their session has ended', async () => {
    const client = make({ credentials: role(), region: aws.region, now: aws.clock.now });
    for (let hour = 0; hour < 3; hour += 1) {
      expect(await client(OTHER_API())).toBe(200);
      aws.clock.advance('1h');
    }
    expect(calls('sts')).toHaveLength(3);
    expect(calls('execute-api').every(({ status }) => status === 200)).toBe(true);
  });

  test('a session that is not known any more costs one call and one AssumeRole more', async () => {
    const events: SigV4Event[] = [];
    const client = make({
      credentials: role(),
      region: aws.region,
      now: aws.clock.now,
      onEvent: (event) => events.push(event),
    });
    await client(OTHER_API());
    aws.forgetSessions(ROLE);
    expect(await client(OTHER_API(), { method: 'POST', body: 'x' })).toBe(200);
    expect(calls('execute-api').map(({ status }) => status)).toEqual([200, 403, 200]);
    expect(calls('sts')).toHaveLength(2);
    expect(events).toMatchObject([
      { type: 'rejected', rejection: { reason: 'token-invalid' } },
      { type: 'retried', because: 'credentials' },
    ]);
  });

  test.each(['1h', '-1h'])(
    'a clock that is off by %s costs one call more, and then none',
    async (off) => {
      const here = aws.clock.now();
      aws.clock.advance(off);
      const client = make({
        credentials: aws.credentialsOf(CALLER),
        region: aws.region,
        now: () => here,
      });
      expect(await client(`${aws.apis.own?.url}/x`)).toBe(200);
      expect(await client(`${aws.apis.own?.url}/x`)).toBe(200);
      expect(calls('execute-api').map(({ status }) => status)).toEqual([403, 200, 200]);
    },
  );

  test('a caller that is not allowed gets the 403 after one call, and an event tells why', async () => {
    const events: SigV4Event[] = [];
    const client = make({
      credentials: aws.credentialsOf(INTERN),
      region: aws.region,
      now: aws.clock.now,
      onEvent: (event) => events.push(event),
    });
    expect(await client(`${aws.apis.own?.url}/orders`)).toBe(403);
    expect(calls('execute-api')).toHaveLength(1);
    expect(events).toMatchObject([
      {
        type: 'rejected',
        rejection: { reason: 'denied', message: expect.stringContaining(INTERN) },
      },
    ]);
  });

  test('a wrong secret is told, and nothing is sent again', async () => {
    const credentials = { ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' };
    const client = make({ credentials, region: aws.region, now: aws.clock.now });
    expect(await client(`${aws.apis.own?.url}/orders`)).toBe(403);
    expect(aws.requests.map(({ refusal }) => refusal)).toEqual([
      expect.stringContaining('The request signature we calculated does not match'),
    ]);
  });

  test('a host of AWS that is not known is not signed as execute-api, but refused', async () => {
    const client = make({ credentials: aws.credentialsOf(CALLER), region: aws.region });
    await expect(client('https://alb-1.eu-west-1.elb.amazonaws.com/')).rejects.toMatchObject({
      code: 'ERR_SIGV4_SERVICE',
      message: expect.stringContaining('name service and region'),
    });
  });
});
