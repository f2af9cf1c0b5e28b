import { inspect } from 'node:util';

import { expect as jestExpect } from 'expect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { assumeRole } from '@sigv4/credentials';
import { createSigner } from '@sigv4/signer';
import type { LocalAws, SeenRequest } from '@sigv4/testing';
import { matchers } from '@sigv4/testing/matchers';
import '@sigv4/testing/vitest';

import { CALLER, INTERN, OWN, ROLE, startWorld } from '../world.ts';
import { fetchAs } from './start.ts';

jestExpect.extend(matchers);

let aws: LocalAws;
beforeAll(async () => {
  aws = await startWorld();
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.requests.length = 0;
});

const last = (): SeenRequest => aws.requests.at(-1) as SeenRequest;
const url = (): string => aws.apis['own']?.url ?? '';

async function asRole(): Promise<void> {
  const credentials = assumeRole({
    roleArn: ROLE,
    roleSessionName: 'session-1',
    source: aws.credentialsOf(CALLER),
    endpoint: aws.stsUrl,
    region: aws.region,
    now: aws.clock.now,
  });
  await fetchAs(aws, CALLER, { credentials })(`${aws.apis['other']?.url}/stock`);
}

describe('printed, it is one line', () => {
  test('of who asked for what, and what came of it', async () => {
    await fetchAs(aws)(`${url()}/orders?a=b`, { method: 'POST', body: 'x' });
    expect(inspect(last())).toBe(`POST own /prod/orders?a=b → 200 allowed, ${CALLER}`);
    await fetchAs(aws, INTERN)(`${url()}/orders`);
    expect(inspect({ seen: last() })).toMatch(
      /seen: GET own \/prod\/orders → 403 refused, arn:aws:iam::111111111111:user\/intern: User: .*\/intern is not authorized to perform/,
    );
    await fetch(`${url()}/orders`);
    expect(String(last())).toBe(
      'GET own /prod/orders → 403 refused, unsigned: Missing Authentication Token',
    );
    aws.faults.next(1, { drop: 'before' });
    await fetch(`${url()}/orders`).catch(() => {});
    expect(inspect(last())).toBe(
      'GET own /prod/orders → no answer faulted with the fault {"drop":"before"}',
    );
    await asRole();
    expect(inspect(aws.requests.at(-2))).toMatch(/^POST AssumeRole \/ → 200 allowed, /);
  });

  test('without a secret, also of a mismatch whose message quotes one, and of a presigned URL', async () => {
    await asRole();
    const { rawHeaders } = last();
    const token = rawHeaders.find(([name]) => name === 'x-amz-security-token')?.[1] ?? '';
    const accessKeyId = last().accessKeyId ?? '';
    const wrong = { accessKeyId, secretAccessKey: 'wrong', sessionToken: token };
    await fetchAs(aws, CALLER, { credentials: wrong })(`${url()}/orders`);
    expect(last().refusal).toContain(token);
    const presigned = await createSigner({
      credentials: wrong,
      service: 'execute-api',
      region: aws.region,
      now: aws.clock.now,
    }).presign(`${url()}/orders?a=b`, { expiresIn: 60 });
    await fetch(presigned);
    expect(last().target).toContain(encodeURIComponent(token));
    await fetch(`${url()}/orders`, { headers: { authorization: 'Bearer very-secret-token' } });
    await fetch(`${url()}/orders`, {
      headers: { authorization: 'AWS4-HMAC-SHA256 Signature=very-secret-token' },
    });
    await fetch(`${url()}/orders`, { headers: { authorization: 'very-secret-token' } });
    expect(aws.requests).toHaveLength(7);
    for (const shown of [
      inspect(aws.requests),
      JSON.stringify(aws.requests),
      aws.requests.join('\n'),
    ]) {
      expect(shown.length).toBeGreaterThan(500);
      for (const secret of [token, encodeURIComponent(token), 'very-secret-token']) {
        expect(shown).not.toContain(secret);
      }
      expect(shown).not.toMatch(/Signature=(?!\*\*\*)/);
    }
    expect(inspect(last())).toMatch(
      /^GET own \/prod\/orders → 403 refused, unsigned: Authorization header requires/,
    );
  });

  test('without a web identity or an MFA code, also of one that is too long', async () => {
    const query = new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'session',
      WebIdentityToken: 'very.secret.token',
      TokenCode: '271828',
    });
    await fetch(`${aws.stsUrl}/?${query}`);
    query.set('WebIdentityToken', 'very.secret.token'.repeat(2000));
    const response = await fetch(aws.stsUrl, { method: 'POST', body: query });
    expect(await response.text()).toContain(
      "Value at 'webIdentityToken' failed to satisfy constraint: Member must have length less than",
    );
    expect(aws.requests).toHaveLength(2);
    expect(inspect(aws.requests)).not.toMatch(/very\.secret|271828/);
  });
});

describe('why it was refused is said everywhere', () => {
  test('a denial: in print, and in what a matcher says', async () => {
    await fetchAs(aws, INTERN)(`${url()}/orders`);
    expect(inspect(last())).toMatch(
      /is not authorized to perform: .*\. Why: identity policies: nothing is allowed\./,
    );
    expect(() => expect(last()).toBeAllowed()).toThrow(
      /Why: identity policies: nothing is allowed/,
    );
  });

  test('a mismatch, of an HTTP API too: with the canonical request and the line that differs', async () => {
    const { startLocalAws } = await import('@sigv4/testing');
    const routes = [{ routeKey: '$default', handler: () => ({}) }];
    await using local = await startLocalAws({
      accounts: { [OWN]: { users: { 'order-service': {} } } },
      apis: { orders: { kind: 'http', account: OWN, routes } },
    });
    const { hostUrl, url: localUrl } = local.apis.orders;
    const signed = await createSigner({
      credentials: local.credentialsOf(CALLER),
      service: 'execute-api',
      region: local.region,
      now: local.clock.now,
    }).sign({ method: 'GET', url: `${hostUrl}/orders` });
    const { host: _host, ...headers } = signed.headers;
    const response = await fetch(`${localUrl}/orders`, { headers });
    expect([response.status, await response.text()]).toEqual([403, '{"message":"Forbidden"}']);
    const [request] = local.requests;
    expect(String(request)).toMatch(
      /GET orders \/orders → 403 refused, AKIA\w+: The request signature we calculated.*\. Why: the signature is for the host orders0000\.execute-api/,
    );
    expect(String(request)).not.toContain('\n');
    const { host } = new URL(localUrl);
    expect(() => expect(request).toBeAllowed()).toThrow(
      `- host:${new URL(hostUrl).host}\n    + host:${host}\n`,
    );
  });

  test('without the session token that a canonical request holds', async () => {
    await asRole();
    const [, token = ''] =
      last().rawHeaders.find(([name]) => name === 'x-amz-security-token') ?? [];
    const wrong = {
      accessKeyId: last().accessKeyId ?? '',
      secretAccessKey: 'wrong',
      sessionToken: token,
    };
    await fetchAs(aws, CALLER, { credentials: wrong })(`${url()}/orders`);
    const failed = (): void => expect(last()).toBeAllowed();
    expect(failed).toThrow(/x-amz-security-token:\*\*\*/);
    expect(failed).not.toThrow(token);
    expect(last().comparison).not.toContain(token);
  });
});

test('verdicts', async () => {
  await fetchAs(aws)(`${url()}/orders`);
  await fetchAs(aws, INTERN)(`${url()}/orders`);
  aws.faults.next(1, { status: 500 });
  await fetchAs(aws)(`${url()}/orders`);
  expect(aws.requests.map(({ verdict }) => verdict)).toEqual(['allowed', 'refused', 'faulted']);
});

test('onRequest is told of each', async () => {
  const { startLocalAws } = await import('@sigv4/testing');
  const told: SeenRequest[] = [];
  await using local = await startLocalAws({ onRequest: (request) => void told.push(request) });
  await fetch(local.stsUrl);
  expect(told).toEqual(local.requests);
  expect(told).toHaveLength(1);
});

describe.each<[string, typeof expect]>([
  ['Vitest', expect],
  ['Jest', jestExpect as unknown as typeof expect],
])('the matchers in %s', (_name, check) => {
  test('toBeSignedBy: a user, a role, a session', async () => {
    await fetchAs(aws)(`${url()}/orders`);
    check(last()).toBeSignedBy(CALLER);
    check(last()).not.toBeSignedBy(INTERN);
    expect(() => check(last()).toBeSignedBy(INTERN)).toThrow(
      `expected the request to be signed by ${INTERN}:\n  GET own /prod/orders → 200 allowed, ${CALLER}`,
    );
    expect(() => check(last()).not.toBeSignedBy(CALLER)).toThrow(
      /expected the request not to be signed/,
    );
    await asRole();
    check(last()).toBeSignedBy(ROLE);
    check(last()).toBeSignedBy('arn:aws:sts::222222222222:assumed-role/orders-invoke/session-1');
    check(last()).not.toBeSignedBy(
      'arn:aws:sts::222222222222:assumed-role/orders-invoke/session-2',
    );
    check(last()).toBeSignedBy(ROLE.replace('role/', 'role/with/a/path/'));
    check(last()).not.toBeSignedBy(`${ROLE}-2`);
    check(last()).not.toBeSignedBy(ROLE.replace('2222', '3333'));
  });

  test('who only claims to be someone has not signed', async () => {
    const credentials = { ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' };
    await fetchAs(aws, CALLER, { credentials })(`${url()}/orders`);
    check(last()).not.toBeSignedBy(CALLER);
    check(last()).toBeRefused('signature we calculated');
    expect(last().accessKeyId).toBe(credentials.accessKeyId);
  });

  test('toBeAllowed and toBeRefused', async () => {
    await fetchAs(aws)(`${url()}/orders`);
    check(last()).toBeAllowed();
    check(last()).not.toBeRefused();
    await fetchAs(aws, INTERN)(`${url()}/orders`);
    check(last()).not.toBeAllowed();
    check(last()).toBeSignedBy(INTERN);
    check(last()).toBeRefused();
    check(last()).toBeRefused('not authorized');
    check(last()).toBeRefused(/execute-api:Invoke/g);
    check(last()).not.toBeRefused('expired');
    check(last()).not.toBeRefused(/expired/);
    expect(() => check(last()).toBeRefused('expired')).toThrow(/to be refused: expired/);
  });

  test('misuse is told, and is never a pass', async () => {
    await fetchAs(aws)(`${url()}/orders`);
    for (const received of [undefined, {}, 'x', new Request('http://x.example')]) {
      expect(() => check(received).toBeSignedBy(CALLER)).toThrow(
        /expected a request of aws\.requests/,
      );
      expect(() => check(received).not.toBeSignedBy(CALLER)).toThrow(/expected a request/);
    }
    for (const arn of [
      'order-service',
      CALLER.replace('user/', 'users/'),
      `arn:aws:iam::${OWN}:root`,
      `arn:aws:sts::${OWN}:role/orders-invoke`,
      `arn:aws:iam::${OWN}:role/`,
      `arn:aws:sts::${OWN}:assumed-role/orders-invoke`,
    ])
      expect(() => check(last()).not.toBeSignedBy(arn)).toThrow(/expected the ARN of a user/);
  });
});
