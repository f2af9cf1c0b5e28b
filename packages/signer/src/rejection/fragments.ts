import { fold, type CodeUnits } from './escapes.ts';

/** Where something stands in a source: `[start, end)`. */
export type Range = [start: number, end: number];

/** An odd number, far from a power of two. */
const BASE = 0x01_00_01_93;

/**
 * Finds every run of at least `size` characters that a pattern has too. A text's work grows with
 * its length only: a hash of the last `size` characters is kept up, and looked for among those of
 * the patterns (Rabin and Karp's algorithm).
 */
export class Fragments {
  readonly size: number;
  readonly #patterns: readonly Uint16Array[];
  /** Hash → where in which pattern. */
  readonly #places: Map<number, readonly [pattern: Uint16Array, at: number]> = new Map();
  /** A bit for each hash that there is: most characters of a text need no look at the map. */
  readonly #filter: Uint8Array;
  /** What a character's hash is multiplied by when it leaves the window. */
  readonly #leaving: number;

  /** @param patterns of `size` characters or more; ASCII */
  constructor(size: number, patterns: readonly string[]) {
    this.size = size;
    this.#patterns = patterns.map((pattern) =>
      Uint16Array.from(pattern, (character) => fold(character.charCodeAt(0))),
    );
    this.#filter = new Uint8Array(8192);
    let leaving = 1;
    for (let count = 0; count < size; count += 1) leaving = Math.imul(leaving, BASE);
    this.#leaving = leaving;
    for (const pattern of this.#patterns) {
      let hash = 0;
      for (let at = 0; at < pattern.length; at += 1) {
        hash = this.#next(hash, pattern, at);
        if (at < size - 1) continue;
        this.#places.set(hash, [pattern, at - size + 1]);
        const bit = hash >>> 16;
        this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] as number) | (1 << (bit & 7));
      }
    }
  }

  #next(hash: number, codes: Uint16Array, at: number): number {
    const entered = (Math.imul(hash, BASE) + (codes[at] as number)) | 0;
    if (at < this.size) return entered;
    return (entered - Math.imul(codes[at - this.size] as number, this.#leaving)) | 0;
  }

  /** Adds where the fragments stand, in the order of the text. */
  find({ codes, starts, length }: CodeUnits, ranges: Range[]): void {
    let hash = 0;
    let last: Range | undefined;
    for (let at = 0; at < length; at += 1) {
      hash = this.#next(hash, codes, at);
      const bit = hash >>> 16;
      if (((this.#filter[bit >>> 3] as number) & (1 << (bit & 7))) === 0) continue;
      const first = at - this.size + 1;
      if (first < 0 || !this.#isAt(hash, codes, first)) continue;
      const start = starts[first] as number;
      if (last !== undefined && start <= last[1]) last[1] = starts[at + 1] as number;
      else ranges.push((last = [start, starts[at + 1] as number]));
    }
  }

  #isAt(hash: number, codes: Uint16Array, first: number): boolean {
    const place = this.#places.get(hash);
    if (place === undefined) return false;
    const [pattern, at] = place;
    for (let index = 0; index < this.size; index += 1) {
      if (pattern[at + index] !== codes[first + index]) return false;
    }
    return true;
  }

  /** How many characters at a text's end may be the beginning of a pattern, and too few to be found. */
  begunAt({ codes, length }: CodeUnits): number {
    let longest = 0;
    for (const pattern of this.#patterns) {
      for (let count = Math.min(this.size - 1, length); count > longest; count -= 1) {
        let index = 0;
        while (index < count && pattern[index] === codes[length - count + index]) {
          index += 1;
        }
        if (index === count) longest = count;
      }
    }
    return longest;
  }
}
