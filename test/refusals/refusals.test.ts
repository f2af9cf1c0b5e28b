import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createSignedFetch, explain } from '@sigv4/fetch';
import type { Difference, Rejection, SignerOptions, SigV4Event } from '@sigv4/signer';
import { smithyEngine } from '@sigv4/signer/smithy';
import { startLocalAws, type LocalAws, type PolicyDocument, type RawRequest } from '@sigv4/testing';

import { allow, CALLER, INTERN, OTHER, OWN, policy, ROLE, startWorld } from '../world.ts';
import { ASKING_CLIENTS, type AskingCall } from './asking-clients.ts';
import { rewriteHeader, rewriteTarget, startTamperingProxy } from './tampering-proxy.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startWorld();
});
afterAll(() => aws.close());

const untouched = (): Partial<RawRequest> => ({});

function targetOf(given: string): (request: RawRequest) => Partial<RawRequest> {
  return rewriteTarget((target) => {
    const [path, query] = target.split('?');
    return given.replace('{path}', path ?? '').replace('{query}', query ?? '');
  });
}

interface Refused {
  readonly rejection: Rejection | undefined;
  readonly events: readonly SigV4Event[];
}

/** What a client tells of a call to the API `own` through a proxy that tampers with it. */
async function callThrough(
  client: string,
  tamper: (request: RawRequest) => Partial<RawRequest>,
  path: string,
  call: AskingCall = {},
  options: Partial<SignerOptions> = {},
  tamperAnswer?: (body: string) => string,
): Promise<Refused> {
  const events: SigV4Event[] = [];
  const proxy = await startTamperingProxy(new URL(aws.apiUrl).origin, tamper, tamperAnswer);
  try {
    const rejection = await ASKING_CLIENTS[client]?.({
      credentials: aws.credentialsOf(CALLER),
      region: aws.region,
      now: aws.clock.now,
      onEvent: (event) => events.push(event),
      ...options,
    })(`${proxy.origin}/prod${path}`, call);
    return { rejection, events };
  } finally {
    await proxy.close();
  }
}

interface Cause {
  readonly tamper: (request: RawRequest) => Partial<RawRequest>;
  readonly path?: string;
  readonly call?: AskingCall;
  readonly options?: Partial<SignerOptions>;
  readonly differences: readonly Difference[];
  /** Told in words. */
  readonly words: RegExp;
}

const JSON_BODY = { 'content-type': 'application/json' };

/** What was done to a request on its way → what is told. */
const CAUSES: Readonly<Record<string, Cause>> = {
  'the method is rewritten': {
    tamper: () => ({ method: 'PUT' }),
    call: { method: 'POST' },
    differences: [{ part: 'method', change: 'changed', signed: 'POST', expected: 'PUT' }],
    words: /the method was changed from "POST" to "PUT"/,
  },
  'the path is rewritten': {
    tamper: targetOf('/prod/v2/orders'),
    path: '/orders',
    differences: [
      { part: 'path', change: 'changed', signed: '/prod/orders', expected: '/prod/v2/orders' },
    ],
    words: /the path was changed from "\/prod\/orders" to "\/prod\/v2\/orders"/,
  },
  '%2F in the path is decoded': {
    tamper: rewriteTarget((target) => target.replaceAll('%2F', '/')),
    path: '/orders/a%2Fb',
    differences: [
      {
        part: 'path',
        change: 'decoded',
        signed: '/prod/orders/a%2Fb',
        expected: '/prod/orders/a/b',
      },
    ],
    words: /the path was percent-decoded/,
  },
  'the path is encoded twice': {
    tamper: rewriteTarget((target) => target.replaceAll('%', '%25')),
    path: '/orders/Zoë',
    differences: [
      {
        part: 'path',
        change: 'encoded-twice',
        signed: '/prod/orders/Zo%C3%AB',
        expected: '/prod/orders/Zo%25C3%25AB',
      },
    ],
    words: /the path was percent-encoded once more/,
  },
  'the query is encoded twice': {
    tamper: rewriteTarget((target) => target.replaceAll('%', '%25')),
    path: '/orders?name=Zoë Müller&x=1',
    differences: [{ part: 'query', name: 'name', change: 'encoded-twice' }],
    words: /the query parameter "name" was percent-encoded once more/,
  },
  'a plus in the query is decoded': {
    tamper: rewriteTarget((target) => target.replaceAll('%2B', '+')),
    path: '/orders?tel=%2B44&x=%26',
    differences: [{ part: 'query', name: 'tel', change: 'decoded' }],
    words: /the query parameter "tel" was percent-decoded/,
  },
  'the query is decoded as a whole': {
    tamper: targetOf('{path}?q=a&b&x=1'),
    path: '/orders?q=a%26b&x=1',
    differences: [{ part: 'query', change: 'decoded' }],
    words: /the query was percent-decoded/,
  },
  'a parameter is added': {
    tamper: rewriteTarget((target) => `${target}&utm_source=mail`),
    path: '/orders?a=1&a=2',
    differences: [{ part: 'query', name: 'utm_source', change: 'added' }],
    words: /the query parameter "utm_source" was added/,
  },
  'a repeated parameter is dropped': {
    tamper: rewriteTarget((target) => target.replace('&tag=b', '')),
    path: '/orders?tag=a&tag=b',
    differences: [{ part: 'query', name: 'tag', change: 'missing' }],
    words: /the query parameter "tag" is missing/,
  },
  'one of two like parameters is dropped': {
    tamper: rewriteTarget((target) => target.replace('&tag=a', '')),
    path: '/orders?tag=a&tag=a',
    differences: [{ part: 'query', name: 'tag', change: 'missing' }],
    words: /the query parameter "tag" is missing/,
  },
  'a parameter is changed': {
    tamper: rewriteTarget((target) => target.replace('limit=50', 'limit=20')),
    path: '/orders?limit=50&x=1',
    differences: [{ part: 'query', name: 'limit', change: 'changed' }],
    words: /the query parameter "limit" was changed/,
  },
  'a header is rewritten': {
    tamper: rewriteHeader('content-type', (value) => `${value}; charset=utf-8`),
    call: { method: 'POST', headers: JSON_BODY, body: '{}' },
    differences: [
      {
        part: 'header',
        name: 'content-type',
        change: 'changed',
        signed: 'application/json',
        expected: 'application/json; charset=utf-8',
      },
    ],
    words: /the header content-type was changed from "application\/json" to/,
  },
  'a header that may be secret is rewritten': {
    tamper: rewriteHeader('x-amz-meta-key', () => 'another-secret'),
    call: { headers: { 'x-amz-meta-key': 'very-secret' } },
    differences: [{ part: 'header', name: 'x-amz-meta-key', change: 'changed' }],
    words: /the header x-amz-meta-key was changed;|the header x-amz-meta-key was changed\./,
  },
  'a header is dropped': {
    tamper: rewriteHeader('x-amz-meta-tenant', () => undefined),
    call: { headers: { 'x-amz-meta-tenant': 'blue' } },
    differences: [{ part: 'header', name: 'x-amz-meta-tenant', change: 'missing' }],
    words: /the header x-amz-meta-tenant is missing/,
  },
  'a header is emptied': {
    tamper: rewriteHeader('x-amz-meta-tenant', () => ''),
    call: { headers: { 'x-amz-meta-tenant': 'blue' } },
    differences: [{ part: 'header', name: 'x-amz-meta-tenant', change: 'missing' }],
    words: /the header x-amz-meta-tenant is missing/,
  },
  'a header of AWS is added': {
    tamper: ({ rawHeaders }) => ({ rawHeaders: [...rawHeaders, ['X-Amz-Cf-Id', 'abc']] }),
    differences: [{ part: 'header', name: 'x-amz-cf-id', change: 'added' }],
    words: /the header x-amz-cf-id was added/,
  },
  'the date is rewritten': {
    tamper: rewriteHeader('x-amz-date', (value) => value.replace(/\d\dZ$/, '59Z')),
    differences: [
      {
        part: 'header',
        name: 'x-amz-date',
        change: 'changed',
        signed: '20260102T030405Z',
        expected: '20260102T030459Z',
      },
    ],
    words: /the header x-amz-date was changed/,
  },
  'the date is rewritten to another day': {
    tamper: rewriteHeader('x-amz-date', () => '20260103T000001Z'),
    options: { now: () => Date.UTC(2026, 0, 2, 23, 59, 59) },
    differences: [{ part: 'header', name: 'x-amz-date', change: 'changed' }],
    words: /the header x-amz-date was changed/,
  },
  'the API takes no unsigned payload': {
    tamper: untouched,
    call: { method: 'POST', body: 'x' },
    options: { payload: 'unsigned' },
    differences: [{ part: 'body', change: 'wrong' }],
    words: /takes signed ones only\. Leave out payload: 'unsigned'/,
  },
  'the date is dropped': {
    tamper: rewriteHeader('x-amz-date', () => undefined),
    differences: [{ part: 'header', name: 'x-amz-date', change: 'missing' }],
    words: /the header x-amz-date is missing/,
  },
  'another Authorization takes the place of the signature': {
    tamper: rewriteHeader('authorization', () => 'Basic dTpw'),
    differences: [{ part: 'header', name: 'authorization', change: 'changed' }],
    words: /the header authorization was changed/,
  },
  'the Host is rewritten': {
    tamper: rewriteHeader('host', () => 'internal.example.com'),
    differences: [
      {
        part: 'header',
        name: 'host',
        change: 'changed',
        signed: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
        expected: 'internal.example.com',
      },
    ],
    words: /the header host was changed.*keep the Host header/,
  },
  'the body is put into another encoding': {
    tamper: ({ body }) => ({ body: Buffer.from(Buffer.from(body).toString(), 'latin1') }),
    call: { method: 'POST', headers: JSON_BODY, body: '{"name":"Zoë"}' },
    differences: [{ part: 'body', change: 'changed' }],
    words: /the body was changed/,
  },
  'the body is dropped': {
    tamper: () => ({ body: new Uint8Array() }),
    call: { method: 'POST', headers: JSON_BODY, body: '{}' },
    differences: [{ part: 'body', change: 'missing' }],
    words: /the body is missing/,
  },
  'a body is added': {
    tamper: () => ({ body: Buffer.from('{}') }),
    call: { method: 'POST' },
    differences: [{ part: 'body', change: 'added' }],
    words: /the body was added/,
  },
  'several things at once': {
    tamper: ({ target, rawHeaders }) => ({
      ...rewriteHeader(
        'host',
        () => 'a.example',
      )({ method: '', target, rawHeaders, body: new Uint8Array() }),
      target: `${target}?a=b`,
      body: Buffer.from('{ }'),
    }),
    call: { method: 'PUT', body: '{}' },
    differences: [
      { part: 'query', name: 'a', change: 'added' },
      expect.objectContaining({ part: 'header', name: 'host' }) as Difference,
      { part: 'body', change: 'changed' },
    ],
    words: /"a" was added; the header host was changed .*; the body was changed/,
  },
  'the secret is of another key': {
    tamper: untouched,
    options: {
      credentials: () =>
        Promise.resolve({ ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' }),
    },
    call: { method: 'POST', body: 'x' },
    differences: [{ part: 'secret', change: 'wrong' }],
    words: /secret key does not belong to this access key/,
  },
  'signed for another region': {
    tamper: untouched,
    options: { region: 'us-east-1' },
    differences: [{ part: 'region', change: 'wrong', signed: 'us-east-1' }],
    words: /region "us-east-1", but the API is in another/,
  },
  'signed for another service': {
    tamper: untouched,
    options: { service: 'lambda' },
    differences: [{ part: 'service', change: 'wrong', signed: 'lambda', expected: 'execute-api' }],
    words: /service "lambda", but the API belongs to "execute-api"/,
  },
};

function causeOf(name: string): Cause {
  const cause = CAUSES[name];
  if (cause === undefined) throw new Error(`there is no cause "${name}"`);
  return cause;
}

describe.each(Object.keys(ASKING_CLIENTS))('%s', (client) => {
  test.each(Object.entries(CAUSES))('%s', async (_name, cause) => {
    const { tamper, path = '/orders', call, options, differences, words } = cause;
    aws.clock.set(options?.now?.() ?? Date.UTC(2026, 0, 2, 3, 4, 5));
    const { rejection, events } = await callThrough(client, tamper, path, call, options);
    expect(rejection?.differences).toEqual(differences);
    expect(rejection?.explanation).toMatch(words);
    expect(JSON.stringify(rejection)).not.toMatch(/very-secret|another-secret|dTpw/);
    expect(events).toEqual([{ type: 'rejected', host: expect.any(String) as string, rejection }]);
  });
});

test.each<[string, (request: RawRequest) => Partial<RawRequest>]>([
  ['the query is put into another order', targetOf('{path}?b=2&a=1&a=0')],
  ['an empty parameter is added', targetOf('{path}?a=0&a=1&b=2&')],
  ['the path gets empty segments', targetOf('/prod//orders?a=0&a=1&b=2')],
  ['a header is added', ({ rawHeaders }) => ({ rawHeaders: [...rawHeaders, ['Via', '1.1 x']] })],
])('harmless: %s', async (_name, tamper) => {
  aws.clock.set(Date.UTC(2026, 0, 2, 3, 4, 5));
  const { rejection, events } = await callThrough('fetch', tamper, '/orders?a=0&a=1&b=2');
  expect([rejection, events]).toEqual([undefined, []]);
});

describe.each<[string, Partial<SignerOptions>]>([
  ["made by AWS's code", { engine: smithyEngine() }],
  ['in the query', { signatureIn: 'query' }],
])('a signature %s', (_name, options) => {
  test.each(['%2F in the path is decoded', 'the Host is rewritten', 'a body is added'])(
    '%s',
    async (name) => {
      const { tamper, path = '/orders', call, differences } = causeOf(name);
      const { rejection } = await callThrough('fetch', tamper, path, call, options);
      expect(rejection?.differences).toEqual(differences);
    },
  );

  test('the secret is of another key', async () => {
    const credentials = { ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' };
    const { rejection } = await callThrough(
      'fetch',
      untouched,
      '/orders',
      {},
      { ...options, credentials },
    );
    expect(rejection?.differences).toEqual([{ part: 'secret', change: 'wrong' }]);
  });
});

describe("an API's owner has overridden the answer", () => {
  const { tamper, call, differences } = causeOf('a header is rewritten');
  const ask = async (tamperAnswer: (body: string) => string): Promise<Rejection | undefined> =>
    (await callThrough('fetch', tamper, '/orders', call, {}, tamperAnswer)).rejection;
  const message = (body: string): string => (JSON.parse(body) as { message: string }).message;

  test.each<[string, (body: string) => string]>([
    ['elsewhere in the JSON', (body) => JSON.stringify({ error: [{ detail: message(body) }] })],
    ['in JSON that a template broke', (body) => `{"message":"${message(body)}"}`],
    ['as text', message],
  ])('the message is %s', async (_name, tamperAnswer) => {
    expect(await ask(tamperAnswer)).toMatchObject({ reason: 'signature-mismatch', differences });
  });

  test('the message is cut: what it still tells is told, and nothing is guessed', async () => {
    const whole = await ask((body) => body);
    const length = { value: 0 };
    await ask((body) => {
      length.value = message(body).length;
      return body;
    });
    for (let at = 0; at < length.value; at += 7) {
      const cut = await ask((body) => JSON.stringify({ message: message(body).slice(0, at) }));
      expect(cut?.reason).toBe('signature-mismatch');
      // Never a header that is only half there, nor another secret.
      expect([[], whole?.differences]).toContainEqual(cut?.differences);
    }
    const secret = await callThrough(
      'fetch',
      untouched,
      '/orders',
      {},
      { credentials: { ...aws.credentialsOf(CALLER), secretAccessKey: 'wrong' } },
      (body) => JSON.stringify({ message: message(body).slice(0, 350) }),
    );
    expect(secret.rejection?.differences).toEqual([]);
  });

  test('there is no message: the class is told, and what to look for', async () => {
    expect(await ask(() => '{"message":"Nope"}')).toMatchObject({
      reason: 'signature-mismatch',
      message: 'Nope',
      differences: [],
      explanation: expect.stringMatching(/look for whatever changes the request/),
    });
  });
});

test('a dropped Authorization cannot be told from a missing route, and both are named', async () => {
  const { rejection } = await callThrough(
    'fetch',
    rewriteHeader('authorization', () => undefined),
    '/orders',
  );
  expect(rejection).toMatchObject({
    reason: 'not-signed',
    explanation: expect.stringMatching(/no such route.*drops the Authorization header/),
  });
});

describe('a denial', () => {
  /** With an API in each account, and policies by which some say no. */
  async function deniedBy(
    url: 'own' | 'other',
    policies: PolicyDocument[],
  ): Promise<Rejection | undefined> {
    const routes = [{ method: 'ANY', path: '/{proxy+}', handler: () => ({}) }];
    const world = await startLocalAws({
      accounts: { [OWN]: { users: { clerk: { policies } } }, [OTHER]: {} },
      apis: { own: { account: OWN, routes }, other: { account: OTHER, routes } },
    });
    try {
      const signedFetch = createSignedFetch({
        credentials: world.credentialsOf(`arn:aws:iam::${OWN}:user/clerk`),
        region: world.region,
        now: world.clock.now,
      });
      return explain(await signedFetch(`${world.apis[url]?.url}/orders/7`));
    } finally {
      await world.close();
    }
  }
  const CLERK = `arn:aws:iam::${OWN}:user/clerk`;
  const resourceOf = (account: string, api: string): string =>
    `arn:aws:execute-api:eu-west-1:********${account.slice(-4)}:${api}/prod/GET/orders/7`;

  test('within an account', async () => {
    const rejection = await deniedBy('own', []);
    expect(rejection).toMatchObject({
      reason: 'denied',
      differences: [],
      denial: {
        caller: CLERK,
        action: 'execute-api:Invoke',
        resource: resourceOf(OWN, 'own0000000'),
        explicit: false,
        crossAccount: false,
      },
    });
    expect(rejection?.explanation).toBe(
      `${CLERK} may not execute-api:Invoke on ${resourceOf(OWN, 'own0000000')}. Both are of one account, where one Allow is enough: a policy of the caller must allow execute-api:Invoke on that resource, or the API's resource policy must allow it to the caller.`,
    );
  });

  test('across accounts: which side has to do what', async () => {
    const rejection = await deniedBy('other', [allow('*')]);
    expect(rejection?.denial).toMatchObject({ crossAccount: true, explicit: false });
    expect(rejection?.explanation).toMatch(
      /The accounts differ, and both must allow it: in account 111111111111 a policy of the caller must allow .*, and in the account that ends in 2222 the API's resource policy must allow it to the caller/,
    );
  });

  test('by a Deny', async () => {
    const deny = policy({ Effect: 'Deny', Action: 'execute-api:Invoke', Resource: '*' });
    const rejection = await deniedBy('own', [allow('*'), deny]);
    expect(rejection?.denial).toMatchObject({ explicit: true });
    expect(rejection?.explanation).toMatch(/A policy says no, which no Allow outweighs/);
  });

  test('of AssumeRole, as STS says it', async () => {
    const signedFetch = createSignedFetch({
      credentials: aws.credentialsOf(INTERN),
      service: 'sts',
      region: aws.region,
      now: aws.clock.now,
    });
    const response = await signedFetch(aws.stsUrl, {
      method: 'POST',
      body: new URLSearchParams({
        Action: 'AssumeRole',
        Version: '2011-06-15',
        RoleArn: ROLE,
        RoleSessionName: 'test',
      }),
    });
    expect(explain(response)).toMatchObject({
      reason: 'denied',
      type: 'AccessDenied',
      denial: { caller: INTERN, action: 'sts:AssumeRole', resource: ROLE, crossAccount: true },
      explanation: expect.stringMatching(/in the account 222222222222 the role's trust policy/),
    });
  });
});

test('STS quotes what it expected, and the differences are told', async () => {
  const proxy = await startTamperingProxy(
    aws.stsUrl,
    rewriteTarget((target) => `${target}?a=<&b="`),
  );
  const signedFetch = createSignedFetch({
    credentials: aws.credentialsOf(CALLER),
    service: 'sts',
    region: aws.region,
    now: aws.clock.now,
  });
  const response = await signedFetch(`${proxy.origin}/`, { method: 'POST', body: 'Action=x' });
  expect(explain(response)).toMatchObject({
    reason: 'signature-mismatch',
    type: 'SignatureDoesNotMatch',
    differences: [
      { part: 'query', name: 'a', change: 'added' },
      { part: 'query', name: 'b', change: 'added' },
    ],
  });
  await proxy.close();
});
