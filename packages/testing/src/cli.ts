#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { readConfig } from './harness/cli-config.ts';
import { startLocalAws, type LocalAws } from './harness/local-aws.ts';
import type { LocalAwsOptions } from './harness/options.ts';
import { explained } from './harness/seen-request.ts';

const USAGE = `Starts a local AWS on 127.0.0.1: APIs that IAM protects, and STS.

  npx @sigv4/testing [file.json] [--port 4580] [--ca ca.pem] [--host 127.0.0.1]

  file.json  { "region", "port", "accounts", "apis", "buckets" }, as startLocalAws takes them; a route has a
             "response": { "status", "headers", "body" } in place of a handler, or is an echo
  --port     of STS; TLS has the next one, then the APIs, then S3 (0: any free ones)
  --ca       writes the certificate of the local authority there
  --host     the address to listen at: 0.0.0.0, so that containers reach it

The port of STS also has /_local/, a page that lists the requests, and for tests /_local/health,
requests (GET, DELETE), clock (GET, POST { advance } or { set }), faults (POST { count, fault, scope },
DELETE) and reset (POST).
`;

/** How many requests `/_local/requests` has. */
const KEPT = 1000;

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string' },
      ca: { type: 'string' },
      host: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { port, ca, host, help } = values;
  if (help === true) return void process.stdout.write(USAGE);
  const [file, ...more] = positionals;
  if (more.length > 0) throw new Error(`expected one file, got ${positionals.join(', ')}`);
  const options = { ...(await load(file, port)), ...(host !== undefined && { host }) };
  if (host !== undefined && !/^(?:127(?:\.\d+){3}|::1|localhost)$/.test(host)) {
    process.stderr.write(
      `Warning: at ${host}, everyone who reaches this machine can call the local AWS, move its clock and read its requests.\n`,
    );
  }
  const aws = await startLocalAws({
    ...options,
    onRequest: (request) => {
      process.stdout.write(`${explained(request)}\n`);
      // This process may run for weeks.
      if (aws.requests.length > KEPT) aws.requests.splice(0, aws.requests.length - KEPT);
    },
  });
  // The servers do not keep the process alive: tests end without them.
  const alive = setInterval(() => {}, 2 ** 30);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      clearInterval(alive);
      void aws.close();
    });
  }
  try {
    if (ca !== undefined) await writeFile(ca, aws.ca);
  } catch (error) {
    clearInterval(alive);
    await aws.close();
    throw error;
  }
  process.stdout.write(greeting(aws, options, ca));
  return undefined;
}

async function load(file: string | undefined, port: string | undefined): Promise<LocalAwsOptions> {
  try {
    const text = file === undefined ? undefined : await readFile(file, 'utf8');
    return readConfig(text, port === undefined ? undefined : Number(port));
  } catch (error) {
    throw new Error(
      `${file ?? 'options'}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}

function greeting(aws: LocalAws, { accounts = {} }: LocalAwsOptions, ca?: string): string {
  const users = Object.entries(accounts).flatMap(([account, { users: named = {} }]) =>
    Object.keys(named).map((name) => `arn:aws:iam::${account}:user/${name}`),
  );
  const roles = Object.entries(accounts).flatMap(([account, { roles: named = {} }]) =>
    Object.keys(named).map((name) => `arn:aws:iam::${account}:role/${name}`),
  );
  const lines = [
    'Listening:',
    `  Page    ${aws.stsUrl}/_local/`,
    `  STS     ${aws.stsUrl}`,
    ...Object.entries(aws.apis).map(([name, { url }]) => `  API     ${url}  (${name})`),
    ...Object.entries(aws.buckets).map(([name, { url }]) => `  Bucket  ${url}  (${name})`),
    `  TLS     https://127.0.0.1:${aws.tlsPort}, for these hosts${ca === undefined ? '; --ca ca.pem writes its authority' : `; its authority is in ${ca}`}`,
    ...Object.values(aws.apis).map(({ hostUrl }) => `          ${hostUrl}`),
    ...(roles.length > 0 ? ['Roles:', ...roles.map((arn) => `  ${arn}`)] : []),
  ];
  for (const arn of users) {
    const { accessKeyId, secretAccessKey } = aws.credentialsOf(arn);
    lines.push(
      `As ${arn}:`,
      `  export AWS_REGION=${aws.region}`,
      `  export AWS_ENDPOINT_URL_STS=${aws.stsUrl}`,
      `  export AWS_ACCESS_KEY_ID=${accessKeyId}`,
      `  export AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
    );
  }
  return `${lines.join('\n')}\n\n`;
}
