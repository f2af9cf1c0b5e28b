// Prints the files of ours that one signed GET visits when everything is warm, in alphabetical order.
import { Session } from 'node:inspector/promises';

import { createSignedFetch } from '@sigv4/fetch';

const signedFetch = createSignedFetch({
  credentials: async () => ({
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: 'token',
  }),
  fetch: async () => new Response('{}'),
});

async function call(): Promise<void> {
  const url = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders?customer=42';
  await (await signedFetch(url)).text();
}

// The first call meets the origin and derives the signing key; the second one has both.
await call();
await call();
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true });
await call();
const { result } = await session.post('Profiler.takePreciseCoverage');
const visited = result
  .filter(({ functions }) =>
    functions.some(({ functionName, ranges }) => functionName !== '' && ranges[0]?.count),
  )
  .map(({ url }) => /\/packages\/(.*\.ts)$/.exec(url)?.[1]?.replace('/src/', '/'))
  .filter((file) => file !== undefined);
console.log(JSON.stringify(visited.toSorted()));
