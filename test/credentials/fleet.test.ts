import { expect, test } from 'vitest';

import { DAY, HOUR, mean, MINUTE, peak, plot, runFleet, SECOND, sum } from './fleet.ts';
import { seededRandom } from './seeded-random.ts';

const PROCESSES = 10_000;

/** After the second in which all start. */
function later(calls: Uint32Array): Uint32Array {
  return calls.subarray(1);
}

function figures(name: string, calls: Uint32Array): string {
  const average = mean(later(calls));
  const minute = peak(later(calls), 60) / 60;
  return [
    `${name}: ${sum(calls)} calls; after the start ${average.toFixed(2)} a second on average,`,
    `at most ${peak(later(calls), 1)} in a second,`,
    `${minute.toFixed(2)} a second over a minute (${(minute / average).toFixed(2)} times the mean)`,
    `\n0h |${plot(calls, 20)}| 24h, of each quarter the second with the most; █ is 18 or more\n`,
  ].join(' ');
}

/** So many calls at times that nothing connects: what chance alone does. */
function byChance(calls: number): Uint32Array {
  const thrown = new Uint32Array(DAY / SECOND);
  const random = seededRandom(4);
  for (let call = 0; call < calls; call += 1) {
    const second = Math.floor(random() * thrown.length);
    thrown[second] = (thrown[second] ?? 0) + 1;
  }
  return thrown;
}

test('10,000 processes that start within one second', { timeout: 120_000 }, async () => {
  const without = await runFleet({ processes: PROCESSES, seed: 1, jitter: false });
  const jittered = await runFleet({ processes: PROCESSES, seed: 1, jitter: true });
  const chance = byChance(sum(later(jittered)));
  console.log(
    [
      figures('without jitter', without),
      figures('with jitter', jittered),
      figures('by chance alone', chance),
    ].join('\n'),
  );
  expect(without[0]).toBe(PROCESSES);
  expect(peak(later(without), 1)).toBe(PROCESSES);

  expect(jittered[0]).toBe(PROCESSES);
  // At most one more call for each process than without.
  expect(sum(jittered)).toBeLessThanOrEqual(sum(without) + PROCESSES);
  expect(peak(later(jittered), 60) / 60).toBeLessThan(mean(later(jittered)) * 2);
  // With four calls in a second on average, chance makes seconds with three times as many.
  expect(peak(later(jittered), 1)).toBeLessThanOrEqual(peak(chance, 1) + 3);
});

test(
  'a fleet of which every second sees many calls: no second sees more than twice the mean',
  { timeout: 120_000 },
  async () => {
    const duration = 6 * HOUR;
    const all = new Uint32Array(duration / SECOND);
    for (let seed = 1; seed <= 20; seed += 1) {
      const calls = await runFleet({ processes: PROCESSES, seed, jitter: true, duration });
      for (const [second, count] of calls.entries()) all[second] = (all[second] ?? 0) + count;
    }
    const [average, most] = [mean(later(all)), peak(later(all), 1)];
    console.log(`200,000 processes: ${average.toFixed(1)} a second, at most ${most}`);
    expect(most).toBeLessThan(average * 2);
  },
);

test('after an outage of an hour the fleet is spread again', { timeout: 120_000 }, async () => {
  const outage = [6 * HOUR, 7 * HOUR] as const;
  const calls = await runFleet({ processes: PROCESSES, seed: 2, jitter: true, outage });
  console.log(figures('an hour without STS', calls));
  // Each process asks when its pause of 300 to 600 s is over, and not before.
  const during = calls.subarray(outage[0] / SECOND);
  expect(peak(during, 60) / 60).toBeLessThan(PROCESSES / 300);
  const after = calls.subarray((outage[1] + 10 * MINUTE) / SECOND);
  expect(peak(after, 60) / 60).toBeLessThan(mean(after) * 2);
});
