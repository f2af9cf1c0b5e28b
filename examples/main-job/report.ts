import type { SeenRequest } from '@sigv4/testing';

/** What a call was expected to bring, and what it brought. */
export interface Outcome {
  readonly client: string;
  readonly account: string;
  readonly request: string;
  readonly status: number;
  readonly expectedStatus: number;
  readonly ms: number;
  /** What the API saw last. */
  readonly seen: SeenRequest | undefined;
  /** How the signer explains a refusal. */
  readonly explanation: string | undefined;
  /** What the words of a refusal must match. */
  readonly expectedReason?: RegExp;
  readonly text: string;
  /** Of a good answer: its text. */
  readonly expectedText?: string;
}

export type Print = (line: string) => void;

/** Prints the run line by line, and keeps what was not as it should be. */
export class Report {
  readonly #print: Print;
  readonly #colour: boolean;
  readonly faults: string[] = [];
  #calls = 0;

  /** @param colour only where a person looks at a terminal */
  constructor(print: Print, colour: boolean) {
    this.#print = print;
    this.#colour = colour;
  }

  heading(text: string): void {
    this.#print('');
    this.#print(this.#paint('1', text));
  }

  columns(): void {
    this.#print(
      this.#paint(
        '2',
        `  ${row(['client', 'account', 'request', 'status', 'time', 'credentials'])}`,
      ),
    );
  }

  call(outcome: Outcome): void {
    this.#calls += 1;
    const { client, account, request, status, ms, seen, explanation } = outcome;
    const fault = faultOf(outcome);
    if (fault !== undefined) this.faults.push(`${client}, ${account}, ${request}: ${fault}`);
    const cells = [
      client,
      account,
      request,
      String(status),
      `${ms.toFixed(1)} ms`,
      credentials(seen),
    ];
    this.#print(this.#mark(fault === undefined) + row(cells));
    const [refusal] = seen?.refusal?.split('\n') ?? [];
    if (refusal !== undefined) this.#print(this.#paint('2', `    AWS: ${refusal}`));
    for (const line of explanation?.split('\n') ?? []) this.#print(`    ${line}`);
  }

  check(text: string, right: boolean): void {
    if (!right) this.faults.push(text);
    this.#print(this.#mark(right) + text);
  }

  /** @returns whether all was as it should be */
  verdict(): boolean {
    const right = this.faults.length === 0;
    this.heading(
      right
        ? `All ${this.#calls} calls went as they should.`
        : `${this.faults.length} not as it should be:`,
    );
    for (const fault of this.faults) this.#print(`  ${fault}`);
    return right;
  }

  #mark(right: boolean): string {
    return right ? this.#paint('32', '✓ ') : this.#paint('31', '✗ ');
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\u001B[${code}m${text}\u001B[0m` : text;
  }
}

function faultOf({
  status,
  expectedStatus,
  seen,
  expectedReason,
  text,
  expectedText,
}: Outcome): string | undefined {
  const refusal = status === 0 ? text : (seen?.refusal ?? 'no reason');
  if (status !== expectedStatus) return `expected ${expectedStatus}, got ${status} (${refusal})`;
  if (expectedReason && !expectedReason.test(refusal))
    return `expected the reason ${String(expectedReason)}, got ${refusal}`;
  if (expectedText !== undefined && text !== expectedText)
    return `expected the answer ${expectedText}, got ${text}`;
  return undefined;
}

const WIDTHS = [6, 8, 66, 7, 9];

function row(cells: readonly string[]): string {
  return cells
    .map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0))
    .join(' ')
    .trimEnd();
}

/** `AKIA…4NQK order-service`, `ASIA…7XW2 stock-invoke/order-service`. */
function credentials(seen: SeenRequest | undefined): string {
  if (!seen?.accessKeyId) return 'none';
  const who =
    seen.callerArn?.replace(/^.*:(?:user|assumed-role)\//, '') ?? 'refused before it was known who';
  return `${seen.accessKeyId.slice(0, 4)}…${seen.accessKeyId.slice(-4)} ${who}`;
}
