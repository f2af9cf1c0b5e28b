import { expect, test } from 'vitest';

import { DAY, HOUR, MINUTE, peak, plot, runFleet, SECOND, sum } from './fleet.ts';
import { seededRandom } from './seeded-random.ts';

const PROCESSES = 10_000;
const START_UP = 1;
const SECONDS = DAY / SECOND;

function figures(name: string, calls: Uint32Array): string {
  const mean = sum(calls) / SECONDS;
  const second = peak(calls, 1, START_UP);
  const minute = peak(calls.subarray(START_UP), 60, 0) / 60;
  return [
    `${name}: ${sum(calls)} calls, ${mean.toFixed(2)} a second on average;`,
    `after the start at most ${second} in a second,`,
    `${minute.toFixed(2)} a second over a minute (${(minute / mean).toFixed(2)} times the mean)`,
    `\n0h |${plot(calls, 20)}| 24h, of each quarter the second with the most; █ is 18 or more\n`,
  ].join(' ');
}

/** The same calls at times that nothing connects: what chance alone does. */
function byChance(calls: number): Uint32Array {
  const thrown = new Uint32Array(SECONDS);
  const random = seededRandom(4);
  for (let call = 0; call < calls; call += 1) {
    const second = Math.floor(random() * SECONDS);
    thrown[second] = (thrown[second] ?? 0) + 1;
  }
  return thrown;
}

test('10,000 processes that start within one second', { timeout: 120_000 }, async () => {
  const without = await runFleet({ processes: PROCESSES, seed: 1, jitter: false });
  const jittered = await runFleet({ processes: PROCESSES, seed: 1, jitter: true });
  const chance = byChance(sum(jittered));
  console.log(
    [
      figures('without jitter', without),
      figures('with jitter', jittered),
      figures('by chance alone', chance),
    ].join('\n'),
  );
  expect(without[0]).toBe(PROCESSES);
  expect(peak(without, 1, START_UP)).toBeGreaterThan(PROCESSES / 3);

  const mean = sum(jittered) / SECONDS;
  expect(jittered[0]).toBe(PROCESSES);
  // Not more calls for it: at most one more for each process than without.
  expect(sum(jittered)).toBeLessThanOrEqual(sum(without) + PROCESSES);
  expect(peak(jittered.subarray(START_UP), 60, 0) / 60).toBeLessThan(mean * 2);
  // With four calls in a second on average, chance makes seconds with three times as many.
  expect(peak(jittered, 1, START_UP)).toBeLessThanOrEqual(peak(chance, 1, 0) + 3);
});

test(
  'a fleet of which every second sees many calls: no second sees more than twice the mean',
  { timeout: 120_000 },
  async () => {
    const all = new Uint32Array(SECONDS);
    for (let seed = 1; seed <= 12; seed += 1) {
      const calls = await runFleet({ processes: PROCESSES, seed, jitter: true });
      for (const [second, count] of calls.entries()) all[second] = (all[second] ?? 0) + count;
    }
    const mean = sum(all) / SECONDS;
    console.log(
      `120,000 processes: ${mean.toFixed(1)} a second, at most ${peak(all, 1, START_UP)}`,
    );
    expect(peak(all, 1, START_UP)).toBeLessThan(mean * 2);
  },
);

test('after an outage of an hour the fleet is spread again', { timeout: 120_000 }, async () => {
  const outage = [6 * HOUR, 7 * HOUR] as const;
  const calls = await runFleet({ processes: PROCESSES, seed: 2, jitter: true, outage });
  console.log(figures('an hour without STS', calls));
  const mean = sum(calls) / SECONDS;
  // Each process asks when its pause of 300 to 600 s is over, and not before.
  const after = calls.subarray((outage[1] + 10 * MINUTE) / SECOND);
  expect(peak(after, 60, 0) / 60).toBeLessThan(mean * 2);
  expect(peak(calls.subarray(outage[0] / SECOND), 60, 0) / 60).toBeLessThan(PROCESSES / 300);
});
