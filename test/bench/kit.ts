// What the local AWS costs: its start in a new process (as built: `pnpm run build` first), and how
// many signed requests a second it verifies and answers. Callers are a second process, so the
// server has one core for itself; a second of its own CPU time is what is counted by.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';

import { createSigner } from '@sigv4/signer';
import { startLocalAws } from '@sigv4/testing';

const ACCOUNT = '111111111111';
const DEFINITION = {
  accounts: {
    [ACCOUNT]: {
      users: {
        caller: {
          policies: [
            {
              Version: '2012-10-17',
              Statement: { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' },
            },
          ],
        },
      },
    },
  },
  apis: {
    orders: {
      account: ACCOUNT,
      routes: [
        { method: 'GET', path: '/orders/{id}', handler: (): object => ({ body: { ok: true } }) },
      ],
    },
  },
} as const;

if (process.send) process.once('message', (job: Job) => void call(job));
else {
  starts();
  await throughput();
}

function starts(): void {
  const code = `
    const t0 = performance.now();
    const { startLocalAws } = await import('@sigv4/testing');
    const t1 = performance.now();
    const definition = ${JSON.stringify(DEFINITION)};
    definition.apis.orders.routes[0].handler = () => ({});
    const aws = await startLocalAws(definition);
    const t2 = performance.now();
    const other = await startLocalAws(definition);
    const t3 = performance.now();
    await aws.close();
    await other.close();
    console.log(JSON.stringify([t1 - t0, t2 - t1, t3 - t2]));`;
  const figures = Array.from({ length: 15 }, () => {
    const env = { PATH: process.env['PATH'] };
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: import.meta.dirname,
      env,
    });
    return JSON.parse(out.toString()) as number[];
  });
  const median = (at: number): string => {
    const sorted = figures.map((figure) => figure[at] ?? Number.NaN).toSorted((a, b) => a - b);
    return (sorted[7] ?? Number.NaN).toFixed(1);
  };
  console.log(
    `import ${median(0)} ms, first start ${median(1)} ms, one more start ${median(2)} ms (medians of 15 processes)`,
  );
}

interface Job {
  readonly requests: readonly { readonly url: string; readonly headers: Record<string, string> }[];
  readonly total: number;
}

async function throughput(): Promise<void> {
  const aws = await startLocalAws(DEFINITION);
  const signer = createSigner({
    credentials: aws.credentialsOf(`arn:aws:iam::${ACCOUNT}:user/caller`),
    service: 'execute-api',
    region: aws.region,
    now: aws.clock.now,
  });
  const requests = await Promise.all(
    Array.from({ length: 1000 }, async (_, id) => {
      const url = `${aws.apiUrl}/orders/${id}?b=2&a=${id}`;
      const signed = await signer.sign({ method: 'GET', url });
      return { url: signed.url, headers: signed.headers };
    }),
  );
  const caller = fork(import.meta.filename);
  for (const [round, total] of [2000, 20_000, 20_000, 20_000].entries()) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    caller.send({ requests, total } satisfies Job);
    const [refused] = (await once(caller, 'message')) as [number];
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const seen = aws.requests.filter(({ verdict }) => verdict === 'allowed').length;
    if (refused > 0 || seen !== total) throw new Error(`${refused} refused, ${seen} allowed`);
    aws.requests.length = 0;
    const cpuSeconds = (user + system) / 1e6;
    console.log(
      `${round === 0 ? 'warm-up: ' : ''}${total} verified requests: ${Math.round(total / seconds)} a second, ${Math.round(total / cpuSeconds)} a second of CPU time`,
    );
  }
  caller.kill();
  await aws.close();
}

/** The caller's process: 32 connections, each of which asks again when it has an answer. */
async function call({ requests, total }: Job): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let next = 0;
  let refused = 0;
  async function connection(): Promise<void> {
    while (next < total) {
      const signed = requests[next % requests.length];
      next += 1;
      if (!signed) return;
      const { url, headers } = signed;
      const sent = request(url, { headers, agent }).end();
      const [answer] = (await once(sent, 'response')) as [
        NodeJS.ReadableStream & { statusCode: number },
      ];
      if (answer.statusCode !== 200) refused += 1;
      answer.resume();
      await once(answer, 'end');
    }
  }
  await Promise.all(Array.from({ length: 32 }, connection));
  agent.destroy();
  process.once('message', (job: Job) => void call(job));
  process.send?.(refused);
}
