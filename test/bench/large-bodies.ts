// Peak memory and the longest wait of others for one call with 256 MiB, each in a new process.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CALL = join(import.meta.dirname, 'large-body-call.ts');
const RUNS = Number(process.env['RUNS'] ?? 3);

const server = fork(join(import.meta.dirname, 'loopback-server.ts'));
const [port] = (await once(server, 'message')) as [number];

async function callInProcess<Result>(name: string): Promise<Result> {
  const argv = [...process.execArgv, CALL, name, `http://127.0.0.1:${port}`];
  const { stdout } = await run(process.execPath, argv);
  return JSON.parse(stdout) as Result;
}

const rows: string[] = [];
for (const name of await callInProcess<string[]>('')) {
  const runs: { peak: number; longest: number }[] = [];
  for (let at = 0; at < RUNS; at += 1) runs.push(await callInProcess(name));
  // The least that was seen is what the code itself takes; all else is the machine's.
  const peak = Math.min(...runs.map((one) => one.peak));
  const longest = Math.min(...runs.map((one) => one.longest));
  rows.push(`| ${name} | ${peak.toFixed(0)} | ${longest.toFixed(1)} |`);
}
console.log(['| 256 MiB | peak, MiB | others waited, ms |', '|---|---:|---:|', ...rows].join('\n'));
server.disconnect();
