import {
  headerValues,
  queryParameters,
  splitTarget,
  type RawRequest,
} from '../wire/raw-request.ts';
import type { Finding, Service } from '../wire/service.ts';
import type { Fault } from './faults.ts';

/** What became of a request. `faulted`: the test had it fail before anyone looked at it. */
export type SeenVerdict = 'allowed' | 'refused' | 'faulted';

/**
 * What the local AWS saw, and what it made of it. Printed, it is one line without secrets; what
 * could hold one (`target`, `rawHeaders`, `body`, `refusal`) is there, and not printed.
 */
export class SeenRequest {
  readonly service: Service['service'];
  /** The API's name; not of STS. */
  declare readonly api?: string;
  /** The action; of STS requests only: `AssumeRole`, … */
  declare readonly action?: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Of the answer; 0 if there was none. */
  readonly status: number;
  readonly verdict: SeenVerdict;
  /** Who called, where a signature says so. */
  declare readonly accessKeyId?: string;
  /** Who that is, once the signature was verified. */
  declare readonly callerArn?: string;
  /** Of a denial: which policy it comes from, or what no policy allows, in this kit's words. */
  declare readonly because?: string;
  /** What a handler or function did wrong. */
  declare readonly failure?: string;
  /** What the test had go wrong. */
  declare readonly fault?: Fault;
  readonly #request: RawRequest;
  readonly #refusal: string | undefined;

  constructor(
    { service, api }: Pick<Service, 'service' | 'api'>,
    request: RawRequest,
    { refusal, ...finding }: Finding,
    status: number,
    fault: Fault | undefined,
  ) {
    this.service = service;
    this.method = request.method;
    this.path = splitTarget(request.target).path;
    this.status = status;
    const isSkipped = fault?.status !== undefined || fault?.throttled || fault?.drop === 'before';
    this.verdict = isSkipped ? 'faulted' : refusal === undefined ? 'allowed' : 'refused';
    Object.assign(this, api === undefined ? {} : { api }, finding, fault && { fault });
    this.#request = request;
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
    // Where a fault stopped it, nobody has looked.
    const who = callerArn ?? accessKeyId ?? (verdict === 'faulted' ? '' : 'unsigned');
    const answered = status || (verdict === 'allowed' ? 'passed on' : 'no answer');
    const refusal = this.#refusal?.split('\n')[0];
    const why = refusal === undefined ? (this.failure ?? '') : unquoted(refusal, this.#request);
    const fault = this.fault ? ` with the fault ${JSON.stringify(this.fault)}` : '';
    return `${method} ${action ?? api ?? service} ${this.path}${shownQuery(this.target)} → ${answered} ${verdict}${fault}${who && `, ${who}`}${why && `: ${why}`}`;
  }
}

// `util.inspect`, and with it console.log and what test runners print.
Object.defineProperty(SeenRequest.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: SeenRequest): string {
    return this.toString();
  },
});

/** AWS's messages quote what they could not read. */
function unquoted(message: string, request: RawRequest): string {
  const secrets: string[] = [];
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
