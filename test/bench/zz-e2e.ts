import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BY_HAND, contenders, OURS, OURS_ASKING, STATIC } from './end-to-end-clients.ts';
const ROUNDS = Number(process.env['ROUNDS'] ?? 60);
const ONLY = process.argv[2];
const NAMES = [STATIC, BY_HAND, OURS, OURS_ASKING];
const server = fork(join(import.meta.dirname, 'loopback-server.ts'));
const [port] = (await once(server, 'message')) as [number];
const url = `http://127.0.0.1:${port}/prod/orders?customer=C-1047&status=open&from=2026-01-01&limit=50`;
const med = (v: number[]) => v.toSorted((a, b) => a - b)[v.length >> 1] ?? 0;
for (const [client, callers] of Object.entries(await contenders())) {
  if (ONLY && !client.startsWith(ONLY)) continue;
  for (const [title, body] of [
    ['GET', undefined],
    ['POST', JSON.stringify({ note: 'u'.repeat(1013) })],
  ] as const) {
    const w = new Map(NAMES.map((n) => [n, [] as number[]])),
      c = new Map(NAMES.map((n) => [n, [] as number[]]));
    for (let r = -8; r < ROUNDS; r += 1)
      for (const n of NAMES.map((x) => [Math.random(), x] as const)
        .toSorted((a, b) => a[0] - b[0])
        .map(([, x]) => x)) {
        const call = callers[n]!;
        let left = 256;
        const worker = async () => {
          while (left-- > 0) await call(url, body);
        };
        const s = performance.now(),
          b = process.threadCpuUsage();
        await Promise.all(Array.from({ length: 64 }, worker));
        const d = process.threadCpuUsage(b);
        if (r >= 0) {
          w.get(n)!.push(performance.now() - s);
          c.get(n)!.push((d.user + d.system) / 256);
        }
      }
    const ratio = (m: Map<string, number[]>, n: string, to: string) =>
      med(m.get(n)!.map((x, i) => m.get(to)![i]! / x)).toFixed(3);
    console.log(
      client.slice(0, 5),
      title,
      NAMES.map((n) => `${med(c.get(n)!).toFixed(0)}µs`).join(' '),
      '| of static: hand',
      ratio(w, BY_HAND, STATIC),
      'ours',
      ratio(w, OURS, STATIC),
      '| of hand: ours',
      ratio(w, OURS, BY_HAND),
      'asking',
      ratio(w, OURS_ASKING, BY_HAND),
      '| cpu ours',
      ratio(c, OURS, BY_HAND),
      'asking',
      ratio(c, OURS_ASKING, BY_HAND),
    );
  }
}
server.disconnect();
