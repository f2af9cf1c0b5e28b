import type { RawRequest } from '../wire/raw-request.ts';
import type { Service } from '../wire/service.ts';
import { durationInMs } from './clock.ts';

/** What goes wrong with a request. Its parts can be combined. */
export interface Fault {
  /**
   * An error in the service's own form instead of what the request asks for, which is not done:
   * 500, 503, 504, …
   */
  readonly status?: number;
  /** Too many requests: 429 of an API, `Throttling` (400) of STS, `SlowDown` (503) of S3. The request is not carried out. */
  readonly throttled?: boolean;
  /** Headers that are added to the answer, or take the place of its own: `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Drops the connection: `before` the request was carried out, `after` it was, without an
   * answer, or `during` the answer.
   */
  readonly drop?: 'before' | 'after' | 'during';
  /**
   * The answer is `truncated` (half of its body, as a whole HTTP message), or its `body` is
   * neither JSON nor XML, or it is no `http` at all. The request is carried out.
   */
  readonly malformed?: 'truncated' | 'body' | 'http';
  /**
   * How long the answer takes, in ms or as `'3s'`: the clock is moved by that, and nobody waits.
   * `Infinity`: it never comes, so a client can only give up.
   */
  readonly latency?: number | string;
  /**
   * By how much the service's own clock is ahead of `aws.clock` (behind: negative), in ms or as
   * `'10m'`.
   */
  readonly skew?: number | string;
}

/** What a fault can depend on. */
export interface FaultRequest extends RawRequest {
  readonly service: Service['service'];
  /** The API's name. */
  readonly api?: string;
  /** The action of an STS request: `AssumeRole`, … */
  readonly action?: string;
}

/** What goes wrong at one service: STS, S3, the credentials of containers, or an API by its name. */
export type FaultScope = { readonly service: (typeof SERVICES)[number] } | { readonly api: string };

const SERVICES = ['sts', 's3', 'container-credentials'] as const;

interface Queued {
  left: number;
  readonly fault: Fault;
  readonly scope: FaultScope | undefined;
}

/** Faults of one local AWS. Those for the next requests go first, then those by a function. */
export class Faults {
  #queue: Queued[] = [];
  readonly #rules = new Set<(request: FaultRequest) => Fault | undefined>();
  readonly #apis: ReadonlySet<string>;

  constructor(apis: Iterable<string>) {
    this.#apis = new Set(apis);
  }

  /**
   * Makes the next requests fail, to any service or only to one: `next(2, { status: 503 }, { api: 'orders' })`.
   *
   * @throws {TypeError} at a fault or a scope that is none
   */
  next(count: number, fault: Fault, scope?: FaultScope): void {
    if (!(Number.isInteger(count) && count > 0)) {
      throw new TypeError(`faults.next: expected how many requests, got ${count}`);
    }
    if (scope && 'api' in scope) {
      if (!this.#apis.has(scope.api)) {
        throw new TypeError(`faults.next: there is no API ${scope.api}`);
      }
    } else if (scope && !SERVICES.includes(scope.service)) {
      throw new TypeError(
        `faults.next: expected { service: 'sts' } or { api }, or { service: 's3' } or { service: 'container-credentials' }, got ${JSON.stringify(scope)}`,
      );
    }
    this.#queue.push({ left: count, fault: checked(fault), scope });
  }

  /**
   * Makes each request fail for which `rule` returns a fault.
   *
   * @returns a function that removes the rule
   */
  when(rule: (request: FaultRequest) => Fault | undefined): () => void {
    this.#rules.add(rule);
    return () => {
      this.#rules.delete(rule);
    };
  }

  /** Removes all faults. */
  clear(): void {
    this.#queue = [];
    this.#rules.clear();
  }

  /** @returns what goes wrong with this request, which counts as one of the next ones */
  of(request: FaultRequest): Fault | undefined {
    const queued = this.#queue.find(({ scope }) => isIn(scope, request));
    if (queued) {
      queued.left -= 1;
      if (queued.left === 0) this.#queue = this.#queue.filter((other) => other !== queued);
      return queued.fault;
    }
    for (const rule of this.#rules) {
      const fault = rule(request);
      if (fault) return checked(fault);
    }
    return undefined;
  }
}

function isIn(scope: FaultScope | undefined, { service, api }: FaultRequest): boolean {
  if (scope === undefined) return true;
  return 'api' in scope ? scope.api === api : scope.service === service;
}

const FIELDS = new Set(['status', 'throttled', 'headers', 'drop', 'malformed', 'latency', 'skew']);

/** A misspelt fault would be one that never happens. */
function checked(fault: Fault): Fault {
  const unknown = Object.keys(fault).find((field) => !FIELDS.has(field));
  if (unknown !== undefined || Object.keys(fault).length === 0) {
    throw new TypeError(
      `faults: ${unknown === undefined ? 'expected a fault' : `there is no ${unknown}`}; there are ${[...FIELDS].join(', ')}`,
    );
  }
  const { status = 500, latency = 0, skew = 0, drop = 'before', malformed = 'body' } = fault;
  if (!/^(?:before|after|during)$/.test(drop)) {
    throw new TypeError(`faults: drop must be 'before', 'after' or 'during', got ${drop}`);
  }
  if (!/^(?:truncated|body|http)$/.test(malformed)) {
    throw new TypeError(
      `faults: malformed must be 'truncated', 'body' or 'http', got ${malformed}`,
    );
  }
  if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
    throw new TypeError(`faults: status must be from 400 to 599, got ${status}`);
  }
  if (durationInMs(latency) < 0) throw new TypeError('faults: latency must not be negative');
  durationInMs(skew);
  return fault;
}
