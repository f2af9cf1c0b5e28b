import type { CachedCredentials } from '@sigv4/credentials';

import { createCache } from '../../packages/credentials/src/cache/cache.ts';

import { refreshWindows } from '../../packages/credentials/src/cache/refresh-windows.ts';
import { seededRandom } from './seeded-random.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface FleetOptions {
  readonly processes: number;
  readonly seed: number;
  /** Whether the caches have their jitter: without it, their randomness is always 0. */
  readonly jitter: boolean;
  /** ms. Default: a day. */
  readonly duration?: number;
  /** ms since the start: from when to when STS does not answer. */
  readonly outage?: readonly [from: number, until: number];
}

/**
 * A fleet of processes that start within one second, each with a cache of its own before sessions
 * of an hour. Each makes a request a second.
 *
 * @returns how many calls STS got in each second
 */
export async function runFleet(options: FleetOptions): Promise<Uint32Array> {
  const calls = new Uint32Array((options.duration ?? DAY) / SECOND);
  const random = seededRandom(options.seed);
  for (let process = 0; process < options.processes; process += 1) {
    await new FleetProcess(options, random, calls).live();
  }
  return calls;
}

class FleetProcess {
  /** ms since the start of the fleet; a request is made at each full second after the first. */
  #time: number;
  readonly #firstRequest: number;
  readonly #end: number;
  readonly #get: CachedCredentials;
  #fetches = 0;
  /** Until when the cache must not ask. */
  #quietUntil = 0;
  /** What the cache drew last. */
  #drawn = 0;

  constructor({ jitter, outage }: FleetOptions, random: () => number, calls: Uint32Array) {
    this.#firstRequest = random() * SECOND;
    this.#time = this.#firstRequest;
    this.#end = calls.length * SECOND;
    this.#get = createCache(
      async () => {
        this.#fetches += 1;
        this.#drawn = 0;
        const second = Math.floor(this.#time / SECOND);
        calls[second] = (calls[second] ?? 0) + 1;
        if (outage && this.#time >= outage[0] && this.#time < outage[1]) {
          throw new Error('STS is down');
        }
        // STS tells whole seconds.
        const expiration = new Date(Math.floor((this.#time + HOUR) / SECOND) * SECOND);
        return { accessKeyId: 'ASIA', secretAccessKey: 's', expiration };
      },
      {
        now: () => this.#time,
        random: () => {
          this.#drawn = jitter ? random() : 0;
          return this.#drawn;
        },
        onEvent: (event) => {
          if (event.type === 'back-off-begun') this.#quietUntil = this.#time + event.duration;
        },
      },
      true,
    );
  }

  async live(): Promise<void> {
    while (this.#time < this.#end) {
      const fetches = this.#fetches;
      const { expiration } = await this.#get();
      if (this.#fetches !== fetches + 1) throw new Error('the cache did not ask in its window');
      if (this.#quietUntil <= this.#time) {
        this.#quietUntil = refreshWindows(
          this.#time,
          expiration?.getTime(),
          undefined,
          this.#drawn,
        ).advisoryFrom;
      }
      // Of all requests until then, only the last one is made: the others meet the same cache.
      const requests = Math.ceil((this.#quietUntil - this.#firstRequest) / SECOND);
      this.#time = this.#firstRequest + (requests - 1) * SECOND;
      await this.#get();
      if (this.#fetches !== fetches + 1) throw new Error('the cache asked before its window');
      this.#time += SECOND;
    }
  }
}

/** The most in one of the stretches of so many seconds. */
export function peak(calls: Uint32Array, seconds: number): number {
  let most = 0;
  for (let start = 0; start + seconds <= calls.length; start += seconds) {
    most = Math.max(most, sum(calls.subarray(start, start + seconds)));
  }
  return most;
}

export function sum(calls: Uint32Array): number {
  return calls.reduce((total, count) => total + count, 0);
}

/** Calls a second. */
export function mean(calls: Uint32Array): number {
  return sum(calls) / calls.length;
}

const BARS = '▁▂▃▄▅▆▇█';

/** The day as a line: for each quarter of an hour, the second with the most calls. */
export function plot(calls: Uint32Array, top: number): string {
  const quarter = 900;
  const quarters = Array.from({ length: calls.length / quarter }, (_, index) =>
    peak(calls.subarray(index * quarter, (index + 1) * quarter), 1),
  );
  return quarters
    .map((most) => {
      if (most === 0) return ' ';
      return BARS[Math.min(BARS.length - 1, Math.floor((most / top) * BARS.length))];
    })
    .join('');
}
