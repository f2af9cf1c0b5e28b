import { describe, expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';

import { CREDENTIALS, header, REGION } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

const POLICIES = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const;
/** What the answers of two redirects say, one after the other. */
const ANSWERED: readonly (readonly string[])[] = [
  ['', ''],
  ...POLICIES.map((policy) => [policy, '']),
  ['origin', 'unsafe-url'],
  ['unsafe-url', 'no-referrer'],
  ['bogus, Origin', 'unsafe-url, bogus'],
];

async function told(
  send: typeof fetch,
  referrer: string | undefined,
  referrerPolicy: ReferrerPolicy,
  answered: readonly string[],
): Promise<unknown[]> {
  server.requests.length = 0;
  for (const policy of answered) {
    const line = policy && `\r\nreferrer-policy: ${policy}`;
    server.answers.push(`HTTP/1.1 307 Moved\r\nlocation: /there${line}`);
  }
  const init = referrer === undefined ? {} : { referrer };
  await send(`${server.origin}/x`, { ...init, referrerPolicy });
  return server.requests.map((request) => header(request, 'referer'));
}

describe.each(['none', 'of the same origin', 'of another origin', 'of a secure origin'])(
  'a referrer %s',
  (kind) => {
    test.each(['' as const, ...POLICIES])(
      'with the policy %j is told as by fetch after redirects',
      async (policy) => {
        const referrer = {
          'of the same origin': `${server.origin}/page?q`,
          'of another origin': 'http://other.example/page?q',
          'of a secure origin': 'https://other.example/page?q',
        }[kind];
        const signed = createSignedFetch({ credentials: CREDENTIALS, region: REGION });
        for (const answered of ANSWERED) {
          const plain = await told(fetch, referrer, policy, answered);
          const came = await told(signed, referrer, policy, answered);
          expect({ answered, came }).toEqual({ answered, came: plain });
        }
      },
    );
  },
);
