import {
  headerValues,
  queryParameters,
  splitTarget,
  type RawRequest,
} from '../wire/raw-request.ts';
import type { Finding, Service } from '../wire/service.ts';
import type { Fault } from './faults.ts';

/**
 * What became of a request. `pending`: it has not been answered yet. `faulted`: the test had it fail
 * before anyone looked at it.
 */
export type SeenVerdict = 'pending' | 'allowed' | 'refused' | 'faulted';

/**
 * What the local AWS saw, and what it made of it. Printed, it is one line without secrets; what
 * could hold one (`target`, `rawHeaders`, `body`, `refusal`) is there, and not printed.
 */
export class SeenRequest {
  readonly service: Service['service'];
  /** The API's name; STS has none. */
  declare readonly api?: string;
  /** The action of a request to STS or S3: `AssumeRole`, `GetObject`, … */
  declare readonly action?: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The status of the answer; 0 if there was none. */
  readonly status: number = 0;
  readonly verdict: SeenVerdict = 'pending';
  /** The access key id of the caller, if a signature names it. */
  declare readonly accessKeyId?: string;
  /** The ARN of the caller, once the signature was verified. */
  declare readonly callerArn?: string;
  /**
   * Why, in this kit's words: which policy denies, or what none allows; or which mistake explains a
   * signature that does not match.
   */
  declare readonly because?: string;
  /**
   * The canonical request of a signature that does not match, without secrets. A line with `-` was
   * signed, and the one with `+` came instead.
   */
  declare readonly comparison?: string;
  /** What a handler or function did wrong. */
  declare readonly failure?: string;
  /** The fault that the test asked for. */
  declare readonly fault?: Fault;
  readonly #request: RawRequest;
  #refusal: string | undefined;

  constructor({ service, api }: Pick<Service, 'service' | 'api'>, request: RawRequest) {
    this.service = service;
    this.method = request.method;
    this.path = splitTarget(request.target).path;
    if (api !== undefined) this.api = api;
    this.#request = request;
  }

  /** Says of a request that was pending what became of it. Only the local AWS itself does this. */
  settle({ refusal, ...finding }: Finding, status: number, fault: Fault | undefined): void {
    const isSkipped = fault?.status !== undefined || fault?.throttled || fault?.drop === 'before';
    const verdict = isSkipped ? 'faulted' : refusal === undefined ? 'allowed' : 'refused';
    Object.assign(this, { status, verdict }, finding, fault && { fault });
    this.#refusal = refusal;
  }

  /** As it was in the request line: path and query, undecoded. */
  get target(): string {
    return this.#request.target;
  }

  /** In the order, case and number in which they came. */
  get rawHeaders(): RawRequest['rawHeaders'] {
    return this.#request.rawHeaders;
  }

  get body(): Uint8Array {
    return this.#request.body;
  }

  /** Why it was refused, in AWS's words; `undefined` if it was not. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** `GET orders /prod/orders?a=b → 403 refused, arn:aws:iam::…:user/intern: User: … is not …` */
  toString(): string {
    const { method, service, api, action, status, verdict, callerArn, accessKeyId } = this;
    // If a fault stopped it, nobody has looked at who called.
    const who = callerArn ?? accessKeyId ?? (verdict === 'faulted' ? '' : 'unsigned');
    const answered = status || (verdict === 'allowed' ? 'passed on' : 'no answer');
    if (verdict === 'pending') {
      return `${method} ${action ?? api ?? service} ${this.path}${shownQuery(this.target)} → pending`;
    }
    const why = shownRefusal(this)?.split('\n')[0] ?? this.failure ?? '';
    const because = this.because === undefined ? '' : `. Why: ${this.because}`;
    const fault = this.fault ? ` with the fault ${JSON.stringify(this.fault)}` : '';
    return `${method} ${action ?? api ?? service} ${this.path}${shownQuery(this.target)} → ${answered} ${verdict}${fault}${who && `, ${who}`}${why && `: ${why}`}${because}`;
  }
}

// It is registered: the matchers can be of another copy of this package (CommonJS, ES modules).
const SEEN = Symbol.for('@sigv4/testing: seen request');
Object.defineProperty(SeenRequest.prototype, SEEN, { value: true });

export function isSeenRequest(value: unknown): value is SeenRequest {
  return typeof value === 'object' && value !== null && SEEN in value;
}

/** AWS's message, without the secrets that it quotes. */
function shownRefusal(request: SeenRequest): string | undefined {
  return request.refusal === undefined ? undefined : unquoted(request.refusal, request);
}

/** All that can be shown to anyone, as JSON takes it. */
export function recordOf(request: SeenRequest): object {
  const query = shownQuery(request.target);
  return Object.assign({}, request, { query, refusal: shownRefusal(request) });
}

/** What is printed where there is room: why, and the canonical request with what differs in it. */
export function explained(request: SeenRequest): string {
  const { comparison } = request;
  if (comparison === undefined) return String(request);
  return `${String(request)}\n  The canonical request (- was signed, + came):\n${comparison.replaceAll(/^/gm, '    ')}`;
}

// `util.inspect` uses this, and with it console.log and test runners.
Object.defineProperty(SeenRequest.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: SeenRequest): string {
    return this.toString();
  },
});

/** AWS's messages quote what they could not read, so secrets are taken out of them. */
function unquoted(message: string, request: Pick<RawRequest, 'rawHeaders'>): string {
  const secrets: string[] = [];
  const tokens = headerValues(request, 'x-amz-security-token');
  secrets.push(...tokens);
  for (const value of headerValues(request, 'authorization')) {
    const fields = value.split(/[\s,]+/).slice(1);
    const hidden = fields.filter((field) => !/^(?:Credential|SignedHeaders)=/.test(field));
    secrets.push(value, ...hidden.map((field) => field.replace(/^Signature=/, '')));
  }
  let shown = message;
  for (const secret of secrets) if (secret !== '') shown = shown.replaceAll(secret, '***');
  return shown;
}

const SECRET = new Set([
  'x-amz-signature',
  'x-amz-security-token',
  'webidentitytoken',
  'tokencode',
]);

function shownQuery(target: string): string {
  const { query } = splitTarget(target);
  if (query === '') return '';
  const shown = query.split('&').map((piece) => {
    const name = queryParameters(piece)[0]?.[0] ?? '';
    return SECRET.has(name.toLowerCase()) ? `${name}=***` : piece;
  });
  return `?${shown.join('&')}`;
}
