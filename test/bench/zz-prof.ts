import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { contenders } from './end-to-end-clients.ts';
const server = fork(join(import.meta.dirname, 'loopback-server.ts'), {
  execArgv: ['--conditions=@sigv4/source'],
});
const [port] = (await once(server, 'message')) as [number];
const url = `http://127.0.0.1:${port}/prod/orders?customer=C-1047&status=open&from=2026-01-01&limit=50`;
const call = (await contenders())[process.argv[2]!]![process.argv[3]!]!;
const body = process.argv[4] === 'POST' ? JSON.stringify({ note: 'u'.repeat(1013) }) : undefined;
let left = 40000;
const worker = async () => {
  while (left-- > 0) await call(url, body);
};
await Promise.all(Array.from({ length: 64 }, worker));
server.disconnect();
