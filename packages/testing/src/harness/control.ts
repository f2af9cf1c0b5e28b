import { headerValues, splitTarget, type RawRequest } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { TestClock } from './clock.ts';
import type { Fault, Faults, FaultScope } from './faults.ts';
import { PAGE } from './requests-page.ts';
import { ANYTHING, check, TEXT, type Field, type Shape } from '../shape.ts';
import { recordOf, type SeenRequest } from './seen-request.ts';

/** What can be asked and told from outside, by a test in another process or by a person. */
export interface Controlled {
  readonly requests: SeenRequest[];
  readonly clock: TestClock;
  readonly faults: Faults;
  /** Name → URL. */
  readonly urls: Readonly<Record<string, string>>;
  readonly region: string;
  /** Whether it may be asked by any host name: it is not for this machine alone. */
  readonly isForOthers: boolean;
}

const PATH = '/_local/';

export function isControl(target: string): boolean {
  return target.startsWith(PATH);
}

/**
 * `/_local/` of the command line: a page, `health`, `requests`, `clock`, `faults` and `reset`. Pages
 * of other origins are refused, since any of them can reach a port of this machine.
 */
export function control(request: RawRequest, controlled: Controlled): RawResponse {
  if (isOfAnotherOrigin(request, controlled.isForOthers))
    return json(403, { message: 'another origin may not do this' });
  const name = splitTarget(request.target).path.slice(PATH.length);
  try {
    const answer = answers(controlled)[`${request.method} ${name}`];
    if (answer === undefined) {
      return json(404, { message: `there is no ${request.method} ${PATH}${name}` });
    }
    const told: unknown = request.body.length === 0 ? {} : JSON.parse(text(request));
    check(told, TOLD[name] ?? NOTHING, PATH + name);
    return answer(told as Told);
  } catch (error) {
    return json(400, { message: error instanceof Error ? error.message : String(error) });
  }
}

/** What each may be told: a misspelt name would be passed over. */
const TOLD: Readonly<Record<string, Shape>> = {
  clock: record({ advance: ANYTHING, set: TEXT }),
  faults: record({ count: ANYTHING, fault: { is: 'object' }, scope: { is: 'object' } }),
};
const NOTHING = record({});

/** What a request's body says. */
interface Told {
  readonly advance?: number | string;
  readonly set?: string;
  readonly count?: number;
  readonly fault?: Fault;
  readonly scope?: FaultScope;
}

function answers({
  requests,
  clock,
  faults,
  urls,
  region,
}: Controlled): Readonly<Record<string, (told: Told) => RawResponse>> {
  const time = (): RawResponse => json(200, { now: new Date(clock.now()).toISOString() });
  const forget = (): void => {
    requests.length = 0;
  };
  const done = json(204, undefined);
  return {
    'GET ': () => ({
      status: 200,
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': POLICY },
      body: PAGE,
    }),
    'GET health': () => json(200, { status: 'ok', region, apis: urls }),
    'GET requests': () => json(200, requests.map(recordOf)),
    'DELETE requests': () => {
      forget();
      return done;
    },
    'GET clock': time,
    'POST clock': ({ advance, set }) => {
      if ((advance === undefined) === (set === undefined)) {
        throw new TypeError('expected { "advance": "55m" } or { "set": "2026-01-02T03:04:05Z" }');
      }
      const at = new Date(set ?? 0);
      if (Number.isNaN(at.getTime())) throw new TypeError(`set: ${set} is not a date`);
      if (advance === undefined) clock.set(at);
      else clock.advance(advance);
      return time();
    },
    'POST faults': ({ count = 1, fault = {}, scope }) => {
      faults.next(count, fault, scope);
      return done;
    },
    'DELETE faults': () => {
      faults.clear();
      return done;
    },
    'POST reset': () => {
      forget();
      faults.clear();
      clock.set(Date.now());
      return done;
    },
  };
}

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'";

function isOfAnotherOrigin(request: RawRequest, isForOthers: boolean): boolean {
  const [host = ''] = headerValues(request, 'host');
  // A name that leads to this machine may be another origin's.
  const isName = !isForOthers && !/^(?:localhost|[\d.]+|\[[\da-f:]+\])(?::\d+)?$/i.test(host);
  const origins = headerValues(request, 'origin');
  return isName || origins.some((origin) => origin !== `http://${host}`);
}

function record(fields: Readonly<Record<string, Field>>): Shape {
  return { is: 'record', type: 'Told', what: 'this', fields };
}

function text({ body }: RawRequest): string {
  return Buffer.from(body).toString();
}

function json(status: number, body: unknown): RawResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: body === undefined ? '' : JSON.stringify(body),
  };
}
