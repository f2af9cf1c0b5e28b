// Regions and endpoints lead tokens to a host, so they are checked wherever they come from.
import * as fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { assumeRole, assumeRoleWithWebIdentity, getSessionToken } from '@sigv4/credentials';

import { ROLE } from '../world.ts';

const source = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cret' };

interface Options {
  readonly region?: string;
  readonly endpoint?: string;
  readonly allowInsecureHttp?: boolean;
}

type Make = (options: Options & { readonly fetch: typeof globalThis.fetch }) => unknown;

const CALLS: readonly (readonly [name: string, make: Make])[] = [
  ['assumeRole', (options) => assumeRole({ roleArn: ROLE, source, ...options })()],
  [
    'assumeRoleWithWebIdentity',
    (options) =>
      assumeRoleWithWebIdentity({ roleArn: ROLE, webIdentityToken: () => 'ey.j', ...options })(),
  ],
  ['getSessionToken', (options) => getSessionToken({ source, ...options })()],
];

/** How a value can come: as an option, or by an environment variable. */
interface Configuration {
  readonly options: Options;
  readonly variables: Readonly<Record<string, string>>;
}

type Way = readonly [name: string, configure: (value: string) => Configuration];

const option = (name: 'region' | 'endpoint'): Way => [
  name,
  (value) => ({ options: { [name]: value }, variables: {} }),
];
const variable = (name: string): Way => [
  name,
  (value) => ({ options: {}, variables: { [name]: value } }),
];

const REGION_WAYS = [option('region'), variable('AWS_REGION')];
const ENDPOINT_WAYS = [
  option('endpoint'),
  variable('AWS_ENDPOINT_URL'),
  variable('AWS_ENDPOINT_URL_STS'),
];

afterEach(() => vi.unstubAllEnvs());

/** Where the call went, or the error that kept it from being sent. */
async function outcome(
  make: Make,
  { options, variables }: Configuration,
): Promise<string | { name: string; code?: string; message: string }> {
  vi.unstubAllEnvs();
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  let url: string | undefined;
  const fetch: typeof globalThis.fetch = async (input) => {
    url = new URL(input as string).href;
    return new Response('', { status: 400 });
  };
  try {
    await make({ ...options, fetch });
  } catch (error) {
    return url ?? (error as Error);
  }
  throw new Error('this STS has no credentials to give');
}

const refusal = (name: string, said: string): object =>
  expect.objectContaining({
    name: 'TypeError',
    message: expect.stringMatching(new RegExp(`^(\\w+: )?${name}: ${said}`)),
  });

/** What looks like a region, and characters that mean something to a URL parser. */
const PIECES = [
  'us-east-1',
  'cn-north-1',
  'eusc-de-east-1',
  'evil.example',
  '.',
  '..',
  '/',
  '//',
  '#',
  '?',
  '@',
  ':',
  ':443',
  '\\',
  '%2f',
  '\t',
  '\n',
  ' ',
  '-',
  '_',
  'é',
  '。',
];

const region = fc
  .oneof(
    fc
      .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 5 })
      .map((pieces) => pieces.join('')),
    fc.string({ minLength: 1, unit: 'binary' }),
  )
  // Neither can be the value of an environment variable.
  .filter((text) => text !== '' && !text.includes('\0'));

/** The rule for regions, stated anew: one label of a host name. */
const isLabel = (text: string): boolean =>
  text.length <= 63 && /^[a-z0-9-]+$/i.test(text) && !text.startsWith('-') && !text.endsWith('-');

const SUFFIXES = new Map([
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
]);
const ownHost = (text: string): string => {
  const [, suffix = 'amazonaws.com'] =
    [...SUFFIXES].find(([prefix]) => text.startsWith(prefix)) ?? [];
  return `https://sts.${text.toLowerCase()}.${suffix}/`;
};

const withUser = fc
  .tuple(
    fc.constantFrom('https', 'http'),
    fc.constantFrom('user:pa55', 'user', ':pa55', '%40:pa55'),
    fc.constantFrom('sts.example', '127.0.0.1', 'localhost:1'),
  )
  .map(([scheme, user, host]) => `${scheme}://${user}@${host}/`);
const NO_URLS = [
  'sts.example',
  '//sts.example/',
  '/sts',
  'ftp://sts.example/',
  'wss://sts.example',
  'javascript:1',
  'https:sts.example',
  'https:///sts.example',
  'https://',
  'https://sts.example\n.evil',
  'https:\\\\sts.example',
  'https://sts.example\\@evil',
  'https://sts.example/#a',
  'https://sts .example',
  'https://a:b:c/',
  'https://[::1',
];
const noUrl = fc.oneof(
  fc.constantFrom(...NO_URLS),
  region.map((text) => `https://${text} `),
);
const INSECURE = [
  'http://sts.example/',
  'http://127.0.0.1.evil.example/',
  'http://localhost.evil.example/',
  'http://[::2]:4566/',
  'http://0x7f.evil/',
];

describe.each(CALLS)('%s', (_name, make) => {
  test.each(REGION_WAYS)(
    'the region of %s leads to its own host, or is refused',
    async (name, by) => {
      const property = fc.asyncProperty(region, async (text) => {
        expect(await outcome(make, by(text))).toEqual(
          isLabel(text) ? ownHost(text) : refusal(name, 'expected a name'),
        );
      });
      await fc.assert(property, { numRuns: 300, examples: [['us-east-1.evil.example/#']] });
    },
  );

  test.each(ENDPOINT_WAYS)(
    'what is no endpoint of %s is refused, and not shown',
    async (name, by) => {
      const property = fc.asyncProperty(fc.oneof(withUser, noUrl), async (text) => {
        const error = await outcome(make, by(text));
        expect(error).toEqual(refusal(name, ''));
        expect((error as Error).message).not.toContain('pa55');
      });
      await fc.assert(property, { numRuns: 200 });
    },
  );

  test.each(ENDPOINT_WAYS)('the endpoint of %s is http: on this machine only', async (name, by) => {
    for (const url of INSECURE) {
      const { options, variables } = by(url);
      expect(await outcome(make, { options, variables })).toMatchObject({
        code: 'ERR_SIGV4_INSECURE',
        message: expect.stringContaining(`${name}: http:`),
      });
      const allowed = { options: { ...options, allowInsecureHttp: true }, variables };
      expect(await outcome(make, allowed)).toBe(url);
    }
    for (const host of ['127.0.0.1:4566', 'localhost', '[::1]:1', 'sts.localhost']) {
      expect(await outcome(make, by(`http://${host}/`))).toBe(`http://${host}/`);
    }
  });
});
