// Calls a second over a keep-alive connection, 64 in flight: unsigned, signed by us, signed by
// others, by a hand-written signer that checks nothing, and with static headers of the same length,
// which is the most that any signer can reach. The order is random: a fixed one gives the collector's
// pauses, which are about as long as a turn, to one contender.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import {
  BY_HAND,
  contenders,
  OURS,
  OURS_ASKING,
  STATIC,
  UNSIGNED,
  type Caller,
  type Contenders,
} from './end-to-end-clients.ts';

const CONCURRENCY = 64;
const ROUNDS = Number(process.env['ROUNDS'] ?? 150);
const CALLS_PER_TURN = 256;
const QUERY = 'customer=C-1047&status=open&from=2026-01-01&limit=50';
const ONLY = process.argv[2];
/** PEERS=none leaves out other libraries, which take most of the time. */
const WITH_PEERS = process.env['PEERS'] !== 'none';
const NOT_PEERS: ReadonlySet<string> = new Set([UNSIGNED, STATIC, BY_HAND, OURS, OURS_ASKING]);

const server = fork(join(import.meta.dirname, 'loopback-server.ts'));
const [port] = (await once(server, 'message')) as [number];
const origin = `http://127.0.0.1:${port}`;

for (const [client, all] of Object.entries(await contenders())) {
  const callers = Object.fromEntries(
    Object.entries(all).filter(([name]) => WITH_PEERS || NOT_PEERS.has(name)),
  );
  if (ONLY !== undefined && !client.startsWith(ONLY)) continue;
  for (const [title, body] of [
    ['GET', undefined],
    ['POST of 1 KiB', JSON.stringify({ note: 'u'.repeat(1013) })],
  ] as const) {
    await checkSignatures(callers, body);
    report(`${client}, ${title}`, await measure(callers, body));
  }
}
console.log(
  `Node ${process.version}, ${CONCURRENCY} calls in flight, ${ROUNDS} interleaved rounds of ${CALLS_PER_TURN} calls; the ratios are medians of those of each round.`,
);
server.disconnect();

/** What is measured must be right. */
async function checkSignatures(callers: Contenders, body: string | undefined): Promise<void> {
  for (const [name, call] of Object.entries(callers)) {
    if (name === UNSIGNED || name === STATIC) continue;
    const status = await call(`${origin}/verified/orders?${QUERY}`, body).catch(String);
    if (status !== 200) throw new Error(`${name}: its signature is refused, ${status}`);
  }
}

/** Of one turn. */
interface Turn {
  readonly callsPerSecond: number;
  /** Of the thread that makes the calls, µs: what is left of a figure when the machine is busy with other things. */
  readonly cpuPerCall: number;
}

/** @returns a turn a round for each */
async function measure(
  callers: Contenders,
  body: string | undefined,
): Promise<ReadonlyMap<string, Turn[]>> {
  const turns = new Map(Object.keys(callers).map((name) => [name, [] as Turn[]]));
  for (let round = -4; round < ROUNDS; round += 1) {
    for (const name of shuffled(Object.keys(callers))) {
      const call = callers[name];
      if (call === undefined) continue;
      const turn = await takeTurn(call, body);
      if (round >= 0) turns.get(name)?.push(turn);
    }
  }
  return turns;
}

function shuffled(names: string[]): string[] {
  return names
    .map((name) => ({ name, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ name }) => name);
}

async function takeTurn(call: Caller, body: string | undefined): Promise<Turn> {
  const url = `${origin}/prod/orders?${QUERY}`;
  let left = CALLS_PER_TURN;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call(url, body);
  };
  const start = performance.now();
  const before = process.threadCpuUsage();
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const { user, system } = process.threadCpuUsage(before);
  return {
    callsPerSecond: (CALLS_PER_TURN * 1000) / (performance.now() - start),
    cpuPerCall: (user + system) / CALLS_PER_TURN,
  };
}

function report(title: string, turns: ReadonlyMap<string, readonly Turn[]>): void {
  const all = (name: string): readonly Turn[] => turns.get(name) ?? [];
  /** How many calls one makes while another makes one; medians of the rounds. */
  const throughput = (name: string, to: string): number =>
    median(all(name).map((turn, at) => turn.callsPerSecond / (all(to)[at]?.callsPerSecond ?? 0)));
  const cpu = (name: string, to: string): number =>
    median(all(name).map((turn, at) => (all(to)[at]?.cpuPerCall ?? 0) / turn.cpuPerCall));
  const rows = [...turns].map(
    ([name, own]) =>
      `| ${[
        name,
        Math.round(median(own.map(({ callsPerSecond }) => callsPerSecond))),
        throughput(name, UNSIGNED).toFixed(2),
        throughput(name, STATIC).toFixed(2),
        throughput(name, BY_HAND).toFixed(2),
        Math.round(median(own.map(({ cpuPerCall }) => cpuPerCall))),
        cpu(name, STATIC).toFixed(2),
        cpu(name, BY_HAND).toFixed(2),
      ].join(' | ')} |`,
  );
  const head = [
    'calls/s',
    'of unsigned',
    'of static headers',
    'of hand-written',
    'CPU µs a call',
    'static / CPU',
    'hand-written / CPU',
  ];
  console.log(
    [
      `| ${[title, ...head].join(' | ')} |`,
      '|---|---:|---:|---:|---:|---:|---:|---:|',
      ...rows,
    ].join('\n'),
  );
  const peers = [...turns.keys()].filter((name) => !NOT_PEERS.has(name));
  if (peers.length === 0) return;
  const best = peers.reduce((a, b) => (cpu(b, STATIC) > cpu(a, STATIC) ? b : a));
  console.log(
    `\n${OURS} makes ${throughput(OURS, best).toFixed(2)} × the calls of the best peer, ${best}; by CPU ${cpu(OURS, best).toFixed(2)} ×.\n`,
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
