import { expect, test, vi } from 'vitest';

import { createSignedFetch, type SignedFetchOptions } from '@sigv4/fetch';
import { createSigner, type SigV4ErrorCode } from '@sigv4/signer';
import { createRunningClock, startLocalAws } from '@sigv4/testing';

import { CALLER, OWN } from '../world.ts';
import { sectionOf } from './pages.ts';
import { runProgram, standIn } from './programs.ts';

const PAGE = 'docs/errors.md';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const HOST = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

interface Cause {
  /** Default: a signed fetch, as the other fields say. */
  readonly call?: () => Promise<unknown>;
  readonly options?: Partial<SignedFetchOptions>;
  readonly url?: string;
  readonly init?: RequestInit & { duplex?: 'half' };
}

/** A call that has this error. A new code fails to compile until it is here. */
const CAUSES: Readonly<Record<SigV4ErrorCode, Cause | undefined>> = {
  ERR_SIGV4_CREDENTIALS: { options: { credentials: { ...credentials, secretAccessKey: ' x\n' } } },
  ERR_SIGV4_REGION: { options: { hosts: ['api.example.com'] }, url: 'https://api.example.com/' },
  ERR_SIGV4_SERVICE: {
    options: { region: 'eu-west-1' },
    url: 'https://alb-1.eu-west-1.elb.amazonaws.com/',
  },
  ERR_SIGV4_URL: {
    call: () => createSigner({ credentials }).sign({ method: 'GET', url: '/orders' }),
  },
  ERR_SIGV4_UNSIGNED: { options: { unsigned: 'error' }, url: 'https://api.example.com/' },
  ERR_SIGV4_INSECURE: { options: { region: 'eu-west-1' }, url: 'http://api.example.com/' },
  ERR_SIGV4_BODY: {
    options: { maxBufferedBytes: 10 },
    init: { method: 'POST', body: new Blob(['x'.repeat(11)]).stream(), duplex: 'half' },
  },
  ERR_SIGV4_REDIRECT: {
    options: {
      fetch: async () => Response.redirect('https://elsewhere.example.com/', 302),
    },
  },
  // Every runtime that runs tests has WebCrypto; packages/signer/test/web-crypto.test.ts takes it away.
  ERR_SIGV4_CRYPTO: undefined,
};

test.each(Object.entries(CAUSES))('%s is on the page, and happens', async (code, cause) => {
  const codes = [...sectionOf(PAGE, '## SigV4Error').matchAll(/^\| `(\w+)`/gm)];
  expect(codes.map(([, each]) => each)).toContain(code);
  expect(codes).toHaveLength(Object.keys(CAUSES).length);
  if (cause === undefined) return;
  vi.stubEnv('AWS_REGION', '');
  const signedFetch = createSignedFetch({
    credentials,
    fetch: async () => new Response(),
    ...cause.options,
  });
  const call = cause.call ?? (() => signedFetch(cause.url ?? HOST, cause.init));
  await expect(call()).rejects.toMatchObject({
    name: 'SigV4Error',
    code,
  });
  vi.unstubAllEnvs();
});

test('the program tells the kinds of errors apart', async () => {
  await using aws = await startLocalAws({
    clock: createRunningClock(),
    accounts: { [OWN]: { users: { 'order-service': {} } } },
  });
  standIn(aws, aws.credentialsOf(CALLER));
  const { stock } = await runProgram<{ stock: (url: string) => Promise<unknown> }>(
    PAGE,
    'errors.ts',
  );
  expect(await stock(HOST)).toEqual({ noCredentials: 'AccessDenied' });
  expect(await stock('http://abc123.execute-api.eu-west-1.amazonaws.com')).toEqual({
    notSigned: 'ERR_SIGV4_INSECURE',
  });
});
