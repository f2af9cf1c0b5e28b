import { expect, test, vi } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';
import { SIGN_OPTIONS, SIGNER_OPTIONS } from '@sigv4/signer/client';

import { sectionOf } from './pages.ts';

const PAGE = 'docs/options.md';

/** What only some clients have. */
const OF_CLIENTS = ['maxBufferedBytes', 'fetch'];

const rows = [...sectionOf(PAGE, '## The table').matchAll(/^\| `(\w+)` +\| (\S+) +\|/gm)].map(
  ([, option = '', perCall = '']) => ({ option, perCall }),
);

test('the table has every option once', () => {
  const options = [...Object.keys(SIGNER_OPTIONS), ...Object.keys(SIGN_OPTIONS), ...OF_CLIENTS];
  expect(rows.map(({ option }) => option).toSorted()).toEqual([...new Set(options)].toSorted());
});

test('the table tells which options a call can have', () => {
  const wanted = rows.map(({ option, perCall }) => {
    if (OF_CLIENTS.includes(option)) return { option, perCall };
    if (!Object.hasOwn(SIGN_OPTIONS, option)) return { option, perCall: '–' };
    return { option, perCall: Object.hasOwn(SIGNER_OPTIONS, option) ? 'yes' : 'only' };
  });
  expect(rows).toEqual(wanted);
});

test('each row leads to a section of the page', () => {
  const table = sectionOf(PAGE, '## The table');
  expect([...table.matchAll(/\]\(#[\w-]+\)/g)]).toHaveLength(rows.length);
});

const AWS_HOST = 'abc123.execute-api.eu-west-1.amazonaws.com';
const OTHER_HOST = 'api.example.com';

/** The rows of the table in "Which requests are signed". */
test.each([
  [{}, undefined, [AWS_HOST]],
  [{ hosts: [OTHER_HOST] }, undefined, [OTHER_HOST]],
  [{ region: 'eu-west-1' }, undefined, [AWS_HOST, OTHER_HOST]],
  [{ service: 'execute-api' }, undefined, [AWS_HOST, OTHER_HOST]],
  [{ hosts: [OTHER_HOST], region: 'eu-west-1' }, undefined, [OTHER_HOST]],
  [{}, { region: 'eu-west-1' }, [AWS_HOST, OTHER_HOST]],
  [{ region: 'eu-west-1' }, false, []],
] as const)(
  'with %j, and %j of the call, signed are calls to %j',
  async (options, sigv4, signed) => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    const found: string[] = [];
    const signedFetch = createSignedFetch({
      ...options,
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      fetch: async (input, init) => {
        const request = new Request(input, init);
        if (request.headers.has('authorization')) found.push(new URL(request.url).host);
        return new Response();
      },
    });
    for (const host of [AWS_HOST, OTHER_HOST]) {
      await signedFetch(`https://${host}/`, sigv4 === undefined ? {} : { sigv4 });
    }
    expect(found).toEqual(signed);
    vi.unstubAllEnvs();
  },
);
