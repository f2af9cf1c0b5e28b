/** Less than this is over before anybody looks. */
const LEAST = 1_048_576;
/** ms between two drawings. */
const PAUSE = 100;

/** Shows how far a transfer is, in one line of stderr that is drawn over. */
export class Progress {
  readonly #what: string;
  readonly #start = performance.now();
  #drawnAt = 0;
  #isDrawn = false;

  /** @param what `up` or `down` */
  constructor(what: string) {
    this.#what = what;
  }

  /** @param of all bytes; `undefined` if nobody knows */
  at(bytes: number, of: number | undefined): void {
    const now = performance.now();
    const isEnd = bytes === of;
    if (Math.max(bytes, of ?? 0) < LEAST || (now - this.#drawnAt < PAUSE && !isEnd)) return;
    this.#drawnAt = now;
    this.#isDrawn = true;
    const rate = bytes / Math.max(now - this.#start, 1) / 1000;
    const share = of === undefined ? '' : ` ${Math.floor((bytes / of) * 100)} %`;
    const total = of === undefined ? '' : ` of ${megabytes(of)}`;
    process.stderr.write(
      `\r\u001B[K${this.#what}${share}, ${megabytes(bytes)}${total} MB, ${rate.toFixed(1)} MB/s`,
    );
  }

  end(): void {
    if (this.#isDrawn) process.stderr.write('\n');
    this.#isDrawn = false;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
