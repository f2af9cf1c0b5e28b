import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, 'load-main.ts');
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const CALLS = 5000;
/** Twice the most that was measured; a leak of 1 kB a call is as much. */
const MOST_GROWTH = 5_000_000;

interface Storm {
  calls: number;
  stsCalls: number;
  listeners: number;
  outcomes: Record<string, number>;
}

interface Load {
  faults: string[];
  inPeace: Storm;
  inRefusals: Storm;
  grown: number;
  openSockets: number;
}

/** How calls end that were aborted, whatever their client calls it. */
const ABORTED = ['left', 'canceled'];

test.each(['fetch', 'ky', 'axios, http adapter', 'axios, fetch adapter'])(
  `%s leaves nothing behind after ${CALLS} calls in flight, half of them aborted (SEED=${SEED})`,
  async (client) => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [
      '--expose-gc',
      MAIN,
      client,
      `${SEED}`,
      `${CALLS}`,
    ]);
    const { faults, inPeace, inRefusals, grown, openSockets } = JSON.parse(stdout) as Load;
    expect({ faults, openSockets }).toEqual({ faults: [], openSockets: 0 });
    expect(inPeace).toMatchObject({ calls: CALLS, listeners: 0, stsCalls: 1 });
    expect(inRefusals).toMatchObject({ calls: CALLS / 5, listeners: 0 });
    // One for the first session. Five in five minutes is the limit for each of two reasons.
    expect(inRefusals.stsCalls).toBeGreaterThan(1);
    expect(inRefusals.stsCalls).toBeLessThanOrEqual(11);
    expect(grown).toBeLessThan(MOST_GROWTH);
    // Calls end in every way that this is about.
    const { outcomes } = inPeace;
    for (const status of ['200', '403', '429', '503']) {
      expect(outcomes[status]).toBeGreaterThan(CALLS / 50);
    }
    const aborted = ABORTED.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0);
    expect(aborted).toBeGreaterThan(CALLS / 5);
  },
  300_000,
);
