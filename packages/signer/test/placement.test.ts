import * as fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { resolveTarget } from '@sigv4/signer';
import type { Answer, SigV4Event, SignerOptions, SignOptions } from '@sigv4/signer';

import { answer, API, reasonToPass, testSigner } from './fixtures.ts';

const CUSTOM = 'https://api.example.com/orders';
const GET = { method: 'GET', url: CUSTOM };
const never = (): Promise<Answer> => Promise.reject(new Error('it was signed'));

afterEach(() => vi.unstubAllEnvs());

function scope(authorization: string | undefined): string | undefined {
  return /Credential=[^/]*\/\d{8}\/([^,]*)\/aws4_request/.exec(authorization ?? '')?.[1];
}

test.each<[string, Partial<SignerOptions>, SignOptions, string, string]>([
  ['what the host tells', {}, {}, API, 'eu-west-1/execute-api'],
  [
    'the region that is named, before the host',
    { region: 'us-east-1' },
    {},
    API,
    'us-east-1/execute-api',
  ],
  [
    'the service that is named, before the host',
    { service: 'lambda' },
    {},
    API,
    'eu-west-1/lambda',
  ],
  [
    'what the call names, before all',
    { region: 'us-east-1' },
    { region: 'eu-north-1', service: 's' },
    API,
    'eu-north-1/s',
  ],
  [
    'execute-api, for a custom domain',
    { region: 'us-east-1' },
    {},
    CUSTOM,
    'us-east-1/execute-api',
  ],
  [
    'what a function gives',
    { region: async () => 'ap-south-1' },
    {},
    CUSTOM,
    'ap-south-1/execute-api',
  ],
])('the scope is %s', async (_name, options, signOptions, url, expected) => {
  const signed = await testSigner(options).sign({ method: 'GET', url }, signOptions);
  expect(scope(signed.headers.authorization)).toBe(expected);
});

test('AWS_REGION is the last resort, not the first', async () => {
  vi.stubEnv('AWS_REGION', 'sa-east-1');
  const signer = testSigner({ service: 'execute-api' });
  const scopeOf = async (url: string): Promise<string | undefined> =>
    scope((await signer.sign({ method: 'GET', url })).headers.authorization);
  expect(await scopeOf(CUSTOM)).toBe('sa-east-1/execute-api');
  expect(await scopeOf(API)).toBe('eu-west-1/execute-api');
});

test('a region function that gives none is an error', async () => {
  const signer = testSigner({ region: async () => 'nowhere at all' });
  await expect(signer.sign({ method: 'GET', url: CUSTOM })).rejects.toThrow(
    /^region: expected a name/,
  );
});

test.each<[string, Partial<SignerOptions>, string, SignOptions, boolean]>([
  ['an API Gateway host', {}, API, {}, true],
  ['another host', {}, CUSTOM, {}, false],
  ['any host, once a region is named', { region: 'eu-west-1' }, CUSTOM, {}, true],
  ['any host, once a service is named', { service: 'execute-api' }, CUSTOM, {}, true],
  ['any host that the call names a region for', {}, CUSTOM, { region: 'eu-west-1' }, true],
  ['a host in hosts', { hosts: ['API.example.com'] }, CUSTOM, {}, true],
  ['a host and port in hosts', { hosts: ['localhost:8080'] }, 'http://localhost:8080/', {}, true],
  [
    'another port than in hosts',
    { hosts: ['localhost:8080'] },
    'http://localhost:8081/',
    {},
    false,
  ],
  ['a host that matches', { hosts: [/\.example\.com$/g] }, CUSTOM, {}, true],
  [
    'a host that is not in hosts, though named',
    { hosts: ['x.example'], region: 'eu-west-1' },
    CUSTOM,
    {},
    false,
  ],
  ['an API Gateway host that is not in hosts', { hosts: ['x.example'] }, API, {}, false],
])('signs %s: %#', async (_name, options, url, signOptions, expected) => {
  expect((await reasonToPass(options, { url }, signOptions)) === undefined).toBe(expected);
  // An expression with the g flag must not remember where it stopped.
  expect((await reasonToPass(options, { url }, signOptions)) === undefined).toBe(expected);
});

test('a request with an Authorization of another scheme is left alone', async () => {
  expect(await reasonToPass({}, { url: API, authorization: 'Bearer x' })).toBe(
    'it bears an Authorization header of another scheme',
  );
  expect(await reasonToPass({}, { url: API, authorization: 'AWS4-HMAC-SHA256 …' })).toBeUndefined();
});

test('a request with an empty Authorization is signed', async () => {
  expect(await reasonToPass({}, { url: API, authorization: '' })).toBeUndefined();
});

test('a host that the caller listed is signed whatever Authorization an SDK put there', async () => {
  const request = { url: CUSTOM, authorization: 'Bearer key-that-the-sdk-insists-on' };
  const hosts = ['api.example.com'];
  expect(await reasonToPass({ hosts, region: 'eu-west-1' }, request)).toBeUndefined();
  expect(await reasonToPass({ region: 'eu-west-1' }, request)).toMatch(/another scheme/);
});

test.each(['/api', '//other.example/api', 'not a url'])(
  'a base URL of %j that cannot be resolved is no licence to sign',
  async (baseUrl) => {
    const options = { region: 'eu-west-1' };
    expect(await reasonToPass(options, { url: CUSTOM }, { baseUrl })).toMatch(/base URL/);
    vi.stubGlobal('location', { href: 'https://api.example.com/page' });
    const isOwn = baseUrl !== '//other.example/api';
    const reason = await reasonToPass(options, { url: CUSTOM }, { baseUrl });
    expect(reason === undefined).toBe(isOwn);
    vi.unstubAllGlobals();
  },
);

describe('a request that is passed by', () => {
  const missing = { 'x-amzn-errortype': 'MissingAuthenticationTokenException' };

  test('is sent as it is, and told', async () => {
    const events: SigV4Event[] = [];
    const signer = testSigner({ onEvent: (event) => events.push(event) });
    const good = answer(200);
    expect(await signer.send(GET, never, { pass: async () => good })).toBe(good);
    expect(events).toEqual([
      { type: 'passed', host: 'api.example.com', reason: expect.stringMatching(/^its host name/) },
    ]);
  });

  test('has a 403 for want of a signature explained, and no other', async () => {
    const events: SigV4Event[] = [];
    const signer = testSigner({ onEvent: (event) => events.push(event) });
    for (const response of [
      answer(403, 'x', missing),
      answer(403, 'x'),
      answer(404, 'x', missing),
    ]) {
      expect(await signer.send(GET, never, { pass: async () => response })).toBe(response);
      expect(response.bodyUsed).toBe(false);
    }
    expect(events.filter(({ type }) => type === 'rejected')).toEqual([
      {
        type: 'rejected',
        host: 'api.example.com',
        rejection: expect.objectContaining({
          reason: 'not-signed',
          explanation: expect.stringMatching(
            /^This request was sent without a signature: its host name is not known/,
          ),
        }),
      },
    ]);
  });
});

test('a listener that throws harms nobody', async () => {
  const signer = testSigner({
    onEvent: () => {
      throw new Error('listener');
    },
  });
  const pass = async (): Promise<Answer> => answer(200);
  expect((await signer.send(GET, never, { pass })).status).toBe(200);
});

test.each(['eu-west-1\n', 'eu west', 'a/b'])(
  'AWS_REGION=%j is refused before anything is signed',
  async (region) => {
    vi.stubEnv('AWS_REGION', region);
    const signer = testSigner({ service: 'execute-api' });
    await expect(signer.sign({ method: 'GET', url: CUSTOM })).rejects.toThrow(
      /^AWS_REGION: expected a name/,
    );
  },
);

test('a region function that gives undefined is an error, not AWS_REGION', async () => {
  vi.stubEnv('AWS_REGION', 'sa-east-1');
  const signer = testSigner({ region: async () => undefined as unknown as string });
  await expect(signer.sign({ method: 'GET', url: CUSTOM })).rejects.toThrow(
    /^region: the function returned undefined/,
  );
});

test.each(['data:text/plain,x', 'blob:https://x.example/1', 'ftp://x.example/'])(
  '%s passes: it is no http request',
  async (url) => {
    expect(await reasonToPass({ region: 'eu-west-1' }, { url })).toMatch(/^it is a \w+: URL$/);
  },
);

test('a URL that is not absolute passes, unless every request is to be signed', async () => {
  const url = '/users';
  expect(await reasonToPass({}, { url })).toBe('its URL is not absolute');
  expect(await reasonToPass({ hosts: ['x.example'] }, { url })).toBe('its URL is not absolute');
  expect(await reasonToPass({ region: 'eu-west-1' }, { url })).toBeUndefined();
});

test.each([
  ['bücher.example', 'https://bücher.example/', true],
  ['API.example.com', 'https://api.example.com:8443/', true],
  ['api.example.com:443', 'https://api.example.com/', true],
  ['api.example.com:443', 'http://api.example.com/', false],
  ['api.example.com:80', 'http://api.example.com/', true],
  ['::1', 'http://[::1]:8080/', true],
  ['[::1]:8080', 'http://[::1]:8080/', true],
  ['example.com', 'https://api.example.com/', false],
  ['api.example.com', 'https://api.example.com.evil.example/', false],
])('hosts: %j and %s: %s', async (host, url, signed) => {
  // What is signed is not always sent: http: needs to be allowed.
  const options = { hosts: [host], allowInsecureHttp: true, region: 'eu-west-1' };
  expect((await reasonToPass(options, { url })) === undefined).toBe(signed);
});

test('an async listener that fails harms nobody', async () => {
  const signer = testSigner({
    onEvent: () => Promise.reject(new Error('listener')) as unknown as void,
  });
  const pass = async (): Promise<Answer> => answer(200);
  expect((await signer.send(GET, never, { pass })).status).toBe(200);
});

test("a call's options that change while the table of hosts is loaded do not count", async () => {
  const request = { method: 'GET', url: 'https://email.eu-west-2.amazonaws.com/' };
  const options = { date: new Date(0), expiresIn: 5, service: 'ses' };
  const signing = testSigner({ signatureIn: 'query' }).sign(request, options);
  options.date.setTime(Number.NaN);
  Object.assign(options, { expiresIn: '9&X-Amz-SignedHeaders=', service: 'a/b' });
  const { searchParams } = new URL((await signing).url);
  expect(searchParams.get('X-Amz-Expires')).toBe('5');
  expect(searchParams.get('X-Amz-Credential')).toMatch(/19700101\/eu-west-2\/ses\//);
});

/** Pieces of host names: regions, names of services, what customers choose. */
const LABELS = [
  'eu-west-1',
  'us-gov-east-1',
  'my-alb-123',
  'vpce-0a-1b',
  'vpce-svc-0123',
  'vpce',
  'elb',
  'compute',
  'rds',
  'mq',
  'sqs',
  'd',
  'codeartifact',
  'gateway',
  'data',
  'x1',
];
/** What the names of AWS's hosts end with, in all partitions. */
const AWS = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'api.aws',
  'on.aws',
  'aws',
  'aws.dev',
  'api.amazonwebservices.com.cn',
  'api.amazonwebservices.eu',
  'c2s.ic.gov',
  'sc2s.sgov.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
  'api.aws.scloud',
];
const unknownHost = fc
  .tuple(
    fc.array(fc.constantFrom(...LABELS), { minLength: 1, maxLength: 4 }),
    fc.constantFrom(...AWS),
  )
  .map(([labels, suffix]) => [...labels, suffix].join('.'))
  .filter((host) => resolveTarget(`https://${host}/`) === undefined);

describe('a host of AWS', () => {
  test.each<[string, Partial<SignerOptions>, true | undefined]>([
    ['nothing is named', {}, true],
    ['a region is named', { region: 'us-east-2' }, undefined],
    ['it is among hosts', { hosts: [/./] }, undefined],
    ['a function gives the region', { region: async () => 'us-east-2' }, undefined],
  ])(
    'that is not known is never signed as execute-api where %s',
    async (_name, options, passes) => {
      vi.stubEnv('AWS_REGION', 'us-east-2');
      const property = fc.asyncProperty(unknownHost, async (host) => {
        const url = `https://${host}/`;
        await expect(testSigner(options).sign({ method: 'GET', url })).rejects.toMatchObject({
          code: 'ERR_SIGV4_SERVICE',
          message: expect.stringMatching(/^url: \S+ is a host of AWS .*; name service and region/),
        });
        // Whoever named nothing did not ask for a signature.
        const reason = await reasonToPass(options, { url });
        expect(reason?.startsWith('its host name is not known')).toBe(passes);
      });
      await fc.assert(property, { numRuns: 300 });
    },
  );

  test.each<[string, Partial<SignerOptions>, SignOptions, string]>([
    ['by the signer', { service: 'x', region: 'us-east-2' }, {}, 'us-east-2/x'],
    ['by the call', { region: 'us-east-2' }, { service: 'x' }, 'us-east-2/x'],
    ['but for the region, which is in its name', { service: 'x' }, {}, 'eu-west-1/x'],
  ])('that is not known is signed if it is named %s', async (_name, options, call, expected) => {
    vi.stubEnv('AWS_REGION', 'ap-south-1');
    const url = 'https://a.b.eu-west-1.amazonaws.com/';
    const { headers } = await testSigner(options).sign({ method: 'GET', url }, call);
    expect(scope(headers.authorization)).toBe(expected);
  });

  test('that tells neither is not signed for AWS_REGION', async () => {
    vi.stubEnv('AWS_REGION', 'ap-south-1');
    const request = { method: 'GET', url: 'https://a.b.amazonaws.com/' };
    await expect(testSigner({ service: 'x' }).sign(request)).rejects.toMatchObject({
      code: 'ERR_SIGV4_REGION',
      message: expect.stringContaining('name service and region'),
    });
  });
});
