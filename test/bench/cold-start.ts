// Whole processes, from the start of Node to the end of a first call, in turn: how long a cold start takes.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { CALLER, ROLE, startWorld } from '../world.ts';

const run = promisify(execFile);
const ROUNDS = Number(process.env['ROUNDS'] ?? 20);
const BARE = 'bare Node';
const ROUND_TRIP = 'a bare fetch round trip';

const aws = await startWorld();
const { accessKeyId, secretAccessKey } = aws.credentialsOf(CALLER);
const environment = {
  PATH: process.env['PATH'],
  AWS_REGION: aws.region,
  AWS_ENDPOINT_URL_STS: aws.stsUrl,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
};
const [own, other] = ['own', 'other'].map((api) => JSON.stringify(`${aws.apis[api]?.url}/orders`));
const names = `{ service: 'execute-api', region: '${aws.region}' }`;
const role = `RoleArn: '${ROLE}', RoleSessionName: 'bench'`;
/** Of a client of axios' kind, and of fetch's. */
const get = (url: string | undefined): string =>
  `if ((await client.get(${url})).status !== 200) throw new Error('refused');`;
const call = (url: string | undefined): string =>
  `const answer = await client(${url}); await answer.text(); if (answer.status !== 200) throw new Error('refused');`;

/** What each process runs. Those with AWS's SDK find the local STS in the environment. */
const PROGRAMS: Readonly<Record<string, string>> = {
  [BARE]: '',
  [ROUND_TRIP]: `await (await fetch(${own})).text();`,

  'environment: @sigv4/fetch': `
    import { createSignedFetch } from '@sigv4/fetch';
    const client = createSignedFetch(${names});
    ${call(own)}`,
  'environment: @sigv4/axios': `
    import axios from 'axios';
    import { sigv4Interceptor } from '@sigv4/axios';
    const client = axios.create();
    client.interceptors.request.use(sigv4Interceptor(${names}));
    ${get(own)}`,
  'environment: aws4-axios': `
    import axios from 'axios';
    import { aws4Interceptor } from 'aws4-axios';
    const client = axios.create();
    client.interceptors.request.use(aws4Interceptor({ instance: client, options: ${names} }));
    ${get(own)}`,
  'environment: aws-sigv4-fetch': `
    import { createSignedFetcher } from 'aws-sigv4-fetch';
    const client = createSignedFetcher(${names});
    ${call(own)}`,

  'AssumeRole: @sigv4/fetch': `
    import { assumeRole } from '@sigv4/credentials';
    import { createSignedFetch } from '@sigv4/fetch';
    const credentials = assumeRole({ roleArn: '${ROLE}' });
    const client = createSignedFetch({ credentials, ...${names} });
    ${call(other)}`,
  'AssumeRole: fromTemporaryCredentials, no call': `
    import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
    await fromTemporaryCredentials({ params: { ${role} } })();`,
  'AssumeRole: fromTemporaryCredentials, aws-sigv4-fetch': `
    import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
    import { createSignedFetcher } from 'aws-sigv4-fetch';
    const credentials = fromTemporaryCredentials({ params: { ${role} } });
    const client = createSignedFetcher({ credentials, ...${names} });
    ${call(other)}`,
  'AssumeRole: aws4-axios': `
    import axios from 'axios';
    import { aws4Interceptor } from 'aws4-axios';
    const client = axios.create();
    const options = { ...${names}, assumeRoleArn: '${ROLE}' };
    client.interceptors.request.use(aws4Interceptor({ instance: client, options }));
    ${get(other)}`,
};

const OURS = Object.keys(PROGRAMS).filter((name) => name.includes('@sigv4/'));

for (const name of OURS) await checkLoaded(name);
const samples = new Map(Object.keys(PROGRAMS).map((name) => [name, [] as number[]]));
for (let round = -1; round < ROUNDS; round += 1) {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const start = performance.now();
    await runProgram(program);
    // The first round fills the disk's cache.
    if (round >= 0) samples.get(name)?.push(performance.now() - start);
  }
}
await aws.close();

const added = (name: string): number => median(name) - median(BARE);
console.log(`| whole process, ${ROUNDS} rounds in turn | ms | over bare Node | of a bare fetch |`);
console.log('|---|---:|---:|---:|');
for (const name of samples.keys()) {
  const ratio = name === BARE ? '' : (added(name) / added(ROUND_TRIP)).toFixed(2);
  console.log(`| ${name} | ${median(name).toFixed(0)} | ${added(name).toFixed(0)} | ${ratio} |`);
}
const ours = added('AssumeRole: @sigv4/fetch');
const theirs = added('AssumeRole: fromTemporaryCredentials, no call');
console.log(
  `\nAssumeRole and the first signed call: ${(ours / added(ROUND_TRIP)).toFixed(2)} of a bare fetch round trip (at most 1.3), ${(ours / theirs).toFixed(2)} of fromTemporaryCredentials alone (at most 0.65). Nothing of the AWS SDK was loaded.`,
);
if (ours > added(ROUND_TRIP) * 1.3 || ours > theirs * 0.65) process.exitCode = 1;

function runProgram(program: string, ...flags: string[]): Promise<{ stdout: string }> {
  return run(process.execPath, [...flags, '--input-type=module', '--eval', program], {
    cwd: join(import.meta.dirname, '..'),
    env: environment,
  });
}

/** Nothing but our own packages, axios, and what that needs. */
async function checkLoaded(name: string): Promise<void> {
  const hook = `
    import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => { console.log(url); return next(url, context); } });`;
  const { stdout } = await runProgram(
    PROGRAMS[name] ?? '',
    '--import',
    `data:text/javascript,${encodeURIComponent(hook)}`,
  );
  const loaded = stdout.trim().split('\n');
  const ofSdk = loaded.filter((url) => /@aws-sdk|@smithy|@aws-crypto/.test(url));
  const isBuilt = loaded.some((url) => /\/packages\/signer\/dist\/index\.js$/.test(url));
  if (!isBuilt || ofSdk.length > 0) {
    throw new Error(`${name} loaded ${isBuilt ? ofSdk.join(', ') : 'sources that are not built'}`);
  }
}

function median(name: string): number {
  const sorted = samples.get(name)?.toSorted((a, b) => a - b) ?? [];
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
