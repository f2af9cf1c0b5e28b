// A refusal whose connection breaks is the client's answer all the same, and is mended as any other.
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import type { SignerOptions } from '@sigv4/signer';
import ky from 'ky';

import { CREDENTIALS, REGION } from '../wire/judge.ts';
import { startLoadServer, type LoadServer } from './load-server.ts';

let server: LoadServer;
let paths: string[] = [];
beforeAll(async () => {
  server = await startLoadServer((path) => paths.push(path));
});
afterAll(() => server.close());

type Send = (url: string) => Promise<Response>;
const CLIENTS: readonly (readonly [string, (options: SignerOptions) => Send])[] = [
  ['fetch', (options) => createSignedFetch(options)],
  ['ky', (options) => ky.extend({ hooks: sigv4Hooks(options), retry: 0, throwHttpErrors: false })],
];

test.each(CLIENTS)('%s sends once more, and gives the second answer', async (_name, make) => {
  let asked = 0;
  const credentials = async (): Promise<typeof CREDENTIALS> => ({
    ...CREDENTIALS,
    sessionToken: `session${(asked += 1)}`,
  });
  for (let round = 0; round < 5; round += 1) {
    paths = [];
    // A signer that knows of this refusal would not try again.
    const client = make({ credentials, region: REGION });
    const answer = await client(`${server.origin}/half%20an%20expired%20token/1`);
    expect({ status: answer.status, sent: paths.length }).toEqual({ status: 403, sent: 2 });
    await expect(answer.text()).rejects.toThrow('terminated');
  }
});
