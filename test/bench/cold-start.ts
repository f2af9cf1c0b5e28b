// Whole processes, from the start of Node to the end of a first call, in turn: how long a cold start takes.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { CALLER, ROLE, startWorld } from '../world.ts';

const run = promisify(execFile);
const ROUNDS = Number(process.env['ROUNDS'] ?? 20);
const BARE = 'bare Node';
const ROUND_TRIP = 'a bare fetch round trip';
const TELLS_CPU = `process.once('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write(String(user + system));
});`;
const OURS = 'AssumeRole: @sigv4/signer';
const THEIRS = 'AssumeRole: fromTemporaryCredentials alone';

const aws = await startWorld();
const { accessKeyId, secretAccessKey } = aws.credentialsOf(CALLER);
const environment = {
  PATH: process.env['PATH'],
  AWS_REGION: aws.region,
  AWS_ENDPOINT_URL_STS: aws.stsUrl,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
};
const { apiUrl } = aws;
const names = `{ service: 'execute-api', region: '${aws.region}' }`;
const role = `{ RoleArn: '${ROLE}', RoleSessionName: 'bench' }`;
const target = "'https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders'";
/** The signed request goes nowhere: what is timed is how long it takes until it is there. */
const axios = `
  import axios from 'axios';
  const adapter = async (config) => ({ status: 200, data: '', headers: {}, config });
  const client = axios.create({ adapter });`;
const fetch = 'fetch: async () => new Response()';

/** What each process runs. Those with AWS's SDK find the local STS in the environment. */
const PROGRAMS: Readonly<Record<string, string>> = {
  [BARE]: '',
  [ROUND_TRIP]: `await (await fetch('${apiUrl}')).text();`,

  'environment: @sigv4/signer': `
    import { defaultCredentials } from '@sigv4/credentials';
    import { createSigner } from '@sigv4/signer';
    const signer = createSigner({ credentials: defaultCredentials(), ...${names} });
    await signer.sign({ method: 'GET', url: ${target} });`,
  'environment: @sigv4/fetch': `
    import { createSignedFetch } from '@sigv4/fetch';
    await createSignedFetch({ ${fetch}, ...${names} })(${target});`,
  'environment: aws-sigv4-fetch': `
    import { createSignedFetcher } from 'aws-sigv4-fetch';
    await createSignedFetcher({ ${fetch}, ...${names} })(${target});`,
  'environment: @sigv4/axios': `${axios}
    import { sigv4Interceptor } from '@sigv4/axios';
    client.interceptors.request.use(sigv4Interceptor(${names}));
    await client.get(${target});`,
  'environment: aws4-axios': `${axios}
    import { aws4Interceptor } from 'aws4-axios';
    client.interceptors.request.use(aws4Interceptor({ instance: client, options: ${names} }));
    await client.get(${target});`,

  [OURS]: `
    import { assumeRole } from '@sigv4/credentials';
    import { createSigner } from '@sigv4/signer';
    const signer = createSigner({ credentials: assumeRole({ roleArn: '${ROLE}' }), ...${names} });
    await signer.sign({ method: 'GET', url: ${target} });`,
  'AssumeRole: @sigv4/fetch': `
    import { assumeRole } from '@sigv4/credentials';
    import { createSignedFetch } from '@sigv4/fetch';
    const credentials = assumeRole({ roleArn: '${ROLE}' });
    await createSignedFetch({ credentials, ${fetch}, ...${names} })(${target});`,
  [THEIRS]: `
    import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
    await fromTemporaryCredentials({ params: ${role} })();`,
  'AssumeRole: fromTemporaryCredentials, aws-sigv4-fetch': `
    import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
    import { createSignedFetcher } from 'aws-sigv4-fetch';
    const credentials = fromTemporaryCredentials({ params: ${role} });
    await createSignedFetcher({ credentials, ${fetch}, ...${names} })(${target});`,
  'AssumeRole: aws4-axios': `${axios}
    import { aws4Interceptor } from 'aws4-axios';
    const options = { ...${names}, assumeRoleArn: '${ROLE}' };
    client.interceptors.request.use(aws4Interceptor({ instance: client, options }));
    await client.get(${target});`,
};

for (const name of Object.keys(PROGRAMS)) if (name.includes('@sigv4/')) await checkLoaded(name);

/** ms of each round. */
interface Samples {
  readonly wall: number[];
  /** Of all its threads: says more where others use the machine too. */
  readonly cpu: number[];
}

const samples = new Map<string, Samples>();
for (const name of Object.keys(PROGRAMS)) samples.set(name, { wall: [], cpu: [] });
for (let round = -1; round < ROUNDS; round += 1) {
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const start = performance.now();
    const { stderr } = await runProgram(TELLS_CPU + program);
    const wall = performance.now() - start;
    // The first round fills the disk's cache.
    if (round < 0) continue;
    samples.get(name)?.wall.push(wall);
    samples.get(name)?.cpu.push(Number(stderr) / 1000);
  }
}
await aws.close();

/** The fastest round over bare Node's: what else the machine does only adds to it. */
function added(name: string, kind: keyof Samples): number {
  const fastest = (of: string): number => Math.min(...(samples.get(of)?.[kind] ?? []));
  return fastest(name) - fastest(BARE);
}

console.log(
  `| until the first signed request, ms over bare Node, fastest of ${ROUNDS} rounds in turn | wall | by a bare fetch | CPU | by a bare fetch |`,
);
console.log('|---|---:|---:|---:|---:|');
for (const name of samples.keys()) {
  const cells = (['wall', 'cpu'] as const).flatMap((kind) => [
    added(name, kind).toFixed(0),
    (added(name, kind) / added(ROUND_TRIP, kind)).toFixed(2),
  ]);
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}
const ratios = (to: string): string =>
  (['wall', 'cpu'] as const)
    .map((kind) => `${(added(OURS, kind) / added(to, kind)).toFixed(2)} (${kind})`)
    .join(', ');
console.log(
  `\nNode ${process.version}. AssumeRole and the first signed request, by a bare fetch round trip: ${ratios(ROUND_TRIP)}, to be at most 1.3; by ${THEIRS}: ${ratios(THEIRS)}, to be at most 0.65. Nothing of the AWS SDK was loaded.`,
);

function runProgram(
  program: string,
  ...flags: string[]
): Promise<{ stdout: string; stderr: string }> {
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
  const ofSdk = loaded.filter((module) => /@aws-sdk|@smithy|@aws-crypto/.test(module));
  const isBuilt = loaded.some((module) => module.includes('/signer/dist/node/'));
  if (!isBuilt || ofSdk.length > 0) {
    throw new Error(`${name} loaded ${isBuilt ? ofSdk.join(', ') : 'sources that are not built'}`);
  }
}
