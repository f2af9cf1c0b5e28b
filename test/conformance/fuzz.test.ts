import fc from 'fast-check';
import { expect, test } from 'vitest';

import {
  createSigner,
  presignPost,
  resolveTarget,
  SigV4Error,
  type SignerOptions,
} from '@sigv4/signer';

const odd = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withTypedArray: true,
  }),
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    0,
    -1,
    Number.NaN,
    new Date(Number.NaN),
    Symbol.iterator,
    () => {},
  ),
);
/** Mostly what it should be, so that the rest is reached. */
const mostly = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 40, arbitrary: right }, { weight: 1, arbitrary: odd });

const text = fc.string({ unit: 'binary', maxLength: 20 });
const token = fc.stringMatching(/^[a-zA-Z-]{1,12}$/);
const url = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  text.map((path) => `https://abc.execute-api.eu-west-1.amazonaws.com/${path}`),
  text.map((path) => `https://b.s3.eu-west-1.amazonaws.com/${path}?${path}`),
  text.map((host) => `https://${host}/`),
  fc.constantFrom(
    'https://b.s3-website-us-east-1.amazonaws.com/',
    `https://x.example/${'a'.repeat(65_536)}`,
    `https://x.example/?${'ü&'.repeat(20_000)}`,
  ),
  text,
);
const request = fc.record({
  method: mostly(fc.constantFrom('GET', 'POST', 'put', 'TRACE', '')),
  url: mostly(url),
  headers: mostly(
    fc.oneof(
      fc.dictionary(token, fc.oneof(token, fc.array(token))),
      fc.array(fc.tuple(token, token)),
      fc.dictionary(text, text, { maxKeys: 2 }),
    ),
  ),
  body: mostly(fc.oneof(text, fc.uint8Array())),
});
const given = fc.record({
  credentials: mostly(
    fc.record(
      {
        accessKeyId: mostly(fc.constant('AKID')),
        secretAccessKey: mostly(fc.constant('s')),
        sessionToken: mostly(fc.constant('t')),
        expiration: fc.option(odd, { nil: undefined }),
      },
      { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
    ),
  ),
  service: mostly(fc.constantFrom('execute-api', 's3', 'iotdevicegateway', undefined)),
  region: mostly(fc.constantFrom('eu-west-1', '*', 'us-east-1,eu-west-1', undefined)),
  hosts: fc.option(
    mostly(
      fc.array(fc.oneof(text, { arbitrary: fc.constantFrom('api.example.com', /x/), weight: 9 }), {
        minLength: 1,
        maxLength: 3,
      }),
    ),
    { nil: undefined },
  ),
  signHeaders: fc.option(mostly(fc.array(token)), { nil: undefined }),
  signatureIn: mostly(fc.constantFrom('header', 'query', undefined)),
  payload: mostly(fc.constantFrom('signed', 'unsigned', undefined)),
});
const call = fc.record(
  {
    date: mostly(fc.date({ min: new Date(0), max: new Date('2100-01-01') })),
    region: mostly(fc.constantFrom('eu-west-1', undefined)),
    expiresIn: mostly(fc.integer({ min: 1, max: 604_800 })),
    payload: mostly(fc.constant('signed')),
    signatureIn: mostly(fc.constant('query')),
    signHeaders: mostly(fc.array(token)),
  },
  { requiredKeys: [] },
);

const isOurs = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof SigV4Error;
/** Names of the engine's own faults: reading what is not there is none of our messages. */
const ACCIDENT =
  /Cannot read|is not a function|is not iterable|undefined \(reading|of undefined|Cannot convert|circular/;

test('50,000 random requests: signed, or refused in our own words', async () => {
  const outcomes = { signed: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      given,
      request,
      call,
      fc.constantFrom('sign', 'presign'),
      async (options, asked, callOptions, how) => {
        try {
          const signer = createSigner(options as unknown as SignerOptions);
          await signer[how](asked as never, callOptions as never);
          outcomes.signed += 1;
        } catch (error) {
          outcomes.refused += 1;
          if (!isOurs(error) || ACCIDENT.test(String(error))) throw error;
        }
      },
    ),
    {
      numRuns: 50_000,
      ...(process.env['SEED'] ? { seed: Number(process.env['SEED']) } : undefined),
    },
  );
  expect(outcomes.signed).toBeGreaterThan(1000);
  expect(outcomes.refused).toBeGreaterThan(1000);
}, 300_000);

test('POST policies and hosts: likewise', async () => {
  let made = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        url: mostly(url),
        region: mostly(fc.constant('eu-west-1')),
        credentials: mostly(fc.constant({ accessKeyId: 'A', secretAccessKey: 's' })),
        key: mostly(text),
        bucket: mostly(fc.constant('bucket')),
        fields: mostly(fc.dictionary(text, text)),
        conditions: mostly(fc.array(odd)),
        expiresIn: mostly(fc.constant(60)),
      }),
      async (options) => {
        try {
          await presignPost(options as never);
          made += 1;
        } catch (error) {
          if (!isOurs(error) || ACCIDENT.test(String(error))) throw error;
        }
        if (typeof options.url === 'string' && URL.canParse(options.url))
          resolveTarget(options.url);
      },
    ),
    { numRuns: 8000 },
  );
  expect(made).toBeGreaterThan(100);
}, 60_000);
