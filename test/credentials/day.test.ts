import { expect, test } from 'vitest';

import { cacheCredentials, type CredentialsEvent } from '@sigv4/credentials';

import { DAY, HOUR, MINUTE, SECOND } from './fleet.ts';
import { seededRandom } from './seeded-random.ts';

/** How long STS takes. */
const LATENCY = 120;
const BETWEEN_REQUESTS = 10;

interface Served {
  /** The most that waited at one time, but for the start, and in all. */
  mostWaiting: number;
  waited: number;
  expired: number;
  errors: number;
}

/**
 * One process that makes a request every 10 ms, before sessions of an hour.
 *
 * @param isDown whether STS fails at that time
 */
async function run(
  duration: number,
  isDown: (time: number) => boolean,
  seed: number,
): Promise<Served & { asked: number[]; events: CredentialsEvent[] }> {
  let time = 0;
  let answer: { at: number; give: () => void } | undefined;
  const asked: number[] = [];
  const events: CredentialsEvent[] = [];
  const get = cacheCredentials(
    () =>
      new Promise((resolve, reject) => {
        const from = time;
        asked.push(from);
        const session = {
          accessKeyId: `ASIA${asked.length}`,
          secretAccessKey: 's',
          expiration: new Date(from + HOUR),
        };
        const give = (): void => (isDown(from) ? reject(new Error('down')) : resolve(session));
        answer = { at: from + LATENCY, give };
      }),
    {
      now: () => time,
      sleep: () => new Promise(() => {}),
      random: seededRandom(seed),
      onEvent: (event) => events.push(event),
    },
  );

  const served: Served = { mostWaiting: 0, waited: 0, expired: 0, errors: 0 };
  let waiting = 0;
  const request = async (from: number): Promise<void> => {
    waiting += 1;
    try {
      const { expiration = new Date(0) } = await get();
      if (expiration.getTime() <= time) served.expired += 1;
    } catch {
      served.errors += 1;
    }
    waiting -= 1;
    if (time > from) served.waited += 1;
  };

  for (; time < duration; time += BETWEEN_REQUESTS) {
    if (answer && answer.at <= time) {
      answer.give();
      answer = undefined;
      await new Promise((resolve) => setImmediate(resolve));
    }
    void request(time);
    // As long as one who need not wait needs.
    for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
    if (time > LATENCY) served.mostWaiting = Math.max(served.mostWaiting, waiting);
  }
  return { ...served, asked, events };
}

test(
  'a day: as many fetches as it takes, nobody waits but one at a time',
  { timeout: 120_000 },
  async () => {
    const { asked, expired, errors, mostWaiting, waited } = await run(DAY, () => false, 1);
    expect({ expired, errors, mostWaiting }).toEqual({ expired: 0, errors: 0, mostWaiting: 1 });
    const pauses = asked.map((at, index) => at - (asked[index - 1] ?? at)).slice(1);
    expect(pauses.every((pause) => pause >= 45 * MINUTE && pause < 45 * MINUTE + SECOND)).toBe(
      true,
    );
    expect(asked.length).toBeLessThanOrEqual(1 + DAY / (45 * MINUTE));
    expect(asked.length).toBeGreaterThan(DAY / HOUR);
    // All that came before the first answer, and one for each later fetch.
    expect(waited).toBe(LATENCY / BETWEEN_REQUESTS + asked.length - 1);
  },
);

test.each([1, 2, 3])(
  'STS down for 50 of the 60 minutes of a session: nobody sees it (seed %d)',
  { timeout: 60_000 },
  async (seed) => {
    const isDown = (time: number): boolean => time >= 5 * MINUTE && time < 55 * MINUTE;
    const { asked, expired, errors, mostWaiting } = await run(59 * MINUTE, isDown, seed);
    expect({ errors, expired, mostWaiting }).toEqual({ errors: 0, expired: 0, mostWaiting: 1 });
    const inOutage = asked.filter(isDown);
    expect(inOutage.length).toBeGreaterThan(0);
    const pauses = inOutage.map((at, index) => at - (inOutage[index - 1] ?? -HOUR));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(300 * SECOND);
  },
);

test(
  'STS down past the end of the session: the old ones are served, and events say so',
  { timeout: 60_000 },
  async () => {
    const isDown = (time: number): boolean => time >= 5 * MINUTE && time < 2 * HOUR;
    const { asked, events, expired, errors } = await run(2 * HOUR + 15 * MINUTE, isDown, 4);
    expect(errors).toBe(0);
    expect(expired).toBeGreaterThan(0);
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === 'expired-served').length).toBe(1);
    const failed = types.filter((type) => type === 'fetch-failed').length;
    expect(types.filter((type) => type === 'back-off-begun').length).toBe(failed);
    expect(failed).toBe(asked.filter(isDown).length);
    expect(failed).toBeLessThanOrEqual((2 * HOUR) / (300 * SECOND));
    // Back within the longest pause.
    expect(types.at(-1)).toBe('fetch-succeeded');
  },
);
