import {
  credentialsSource,
  isDate,
  type Credentials,
  type CredentialsProvider,
  type CredentialsSource,
} from './credentials.ts';
import type { SigV4Event } from './events.ts';
import { hostFilter, type HostFilter } from './host-filter.ts';
import type { SignatureEngine } from './engine.ts';
import { TOKEN, type SignOptions } from './request.ts';

/** What all requests of a signer have in common. */
export interface SignerOptions {
  /** Credentials, or a function that gives them whenever a request is signed. */
  readonly credentials: Credentials | CredentialsProvider;
  /** The signing name. Default: read from the host name, else `execute-api`. */
  readonly service?: string | undefined;
  /** Default: read from the host name, else AWS_REGION. */
  readonly region?: string | (() => Promise<string>) | undefined;
  /**
   * Sign only requests to these: a host name, `host:port`, or an expression to be found in it.
   * Default: every request if `service` or `region` is named, else those whose host name is known
   * as one of AWS.
   */
  readonly hosts?: readonly (string | RegExp)[] | undefined;
  /** Header names to sign beside `host`, `content-type`, `content-md5` and `x-amz-*`. Default: none. */
  readonly signHeaders?: readonly string[] | undefined;
  /**
   * `sigv4a` makes signatures that are good in all regions of a region set, which `region` then
   * names: `us-east-1,eu-west-1`, or `*`. Default: `sigv4`; `sigv4a` for multi-region access
   * points of S3.
   */
  readonly algorithm?: 'sigv4' | 'sigv4a' | undefined;
  /** Where the signature goes. Default: `header`, the Authorization header. */
  readonly signatureIn?: 'header' | 'query' | undefined;
  /**
   * Whether the body is part of the signature. Default: `signed`; `unsigned` where the service
   * takes nothing else. AWS takes unsigned ones over https: only, and only some services do.
   */
  readonly payload?: 'signed' | 'unsigned' | undefined;
  /** Send and sign `x-amz-content-sha256`. Default: where the service needs it. */
  readonly contentSha256Header?: boolean | undefined;
  /** Sign the path without empty segments. Default: true, but false for S3. */
  readonly normalizePath?: boolean | undefined;
  /** Learn from a rejection that this machine's clock is off, and sign by AWS's. Default: true. */
  readonly clockSkewCorrection?: boolean | undefined;
  /** Sign anew and send once more after a skewed clock or a refused token. Default: true. */
  readonly retryRejected?: boolean | undefined;
  /** Send signed requests over http: to other machines. Default: false, only to this one. */
  readonly allowInsecureHttp?: boolean | undefined;
  /** Makes the signatures. Default: our own; AWS's code by `smithyEngine()`. */
  readonly engine?: SignatureEngine | undefined;
  /** Told what happens. What it throws is ignored. */
  readonly onEvent?: ((event: SigV4Event) => void) | undefined;
  /** The clock, ms since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** Options, checked and with their defaults. */
export interface SignerConfig {
  readonly credentials: CredentialsSource;
  readonly service: string | undefined;
  readonly region: string | (() => Promise<string>) | undefined;
  /** By `hosts`, where they are given. */
  readonly isSigned: HostFilter | undefined;
  readonly signHeaders: ReadonlySet<string>;
  readonly signatureIn: 'header' | 'query';
  readonly payload: 'signed' | 'unsigned';
  readonly contentSha256Header: boolean | undefined;
  readonly normalizePath: boolean | undefined;
  readonly algorithm: 'sigv4' | 'sigv4a' | undefined;
  readonly engine: SignatureEngine | undefined;
  readonly clockSkewCorrection: boolean;
  readonly retryRejected: boolean;
  readonly allowInsecureHttp: boolean;
  readonly emit: (event: SigV4Event) => void;
  readonly now: () => number;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof SignerOptions>([
  'credentials',
  'service',
  'region',
  'hosts',
  'signHeaders',
  'algorithm',
  'signatureIn',
  'payload',
  'contentSha256Header',
  'normalizePath',
  'engine',
  'clockSkewCorrection',
  'retryRejected',
  'allowInsecureHttp',
  'onEvent',
  'now',
]);

/**
 * @throws {TypeError} naming the option and what it can be
 * @throws {SigV4Error} ERR_SIGV4_CREDENTIALS
 */
export function signerConfig(options: SignerOptions): SignerConfig {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('createSigner: expected options with at least { credentials }');
  }
  refuseUnknownOptions(options, OPTION_NAMES);
  const { service, region, hosts, onEvent, now } = options;
  checkScopePart('service', service);
  if (typeof region !== 'function') checkScopePart('region', region);
  checkFunction('onEvent', onEvent);
  checkFunction('now', now);
  return {
    credentials: credentialsSource(options.credentials),
    service,
    region,
    isSigned: hostFilter(hosts),
    signHeaders: headerNames(options.signHeaders),
    signatureIn: oneOf('signatureIn', options.signatureIn, ['header', 'query']),
    payload: oneOf('payload', options.payload, ['signed', 'unsigned']),
    contentSha256Header: flag('contentSha256Header', options.contentSha256Header, undefined),
    normalizePath: flag('normalizePath', options.normalizePath, undefined),
    algorithm: checkAlgorithm(options),
    engine: checkEngine(options.engine),
    clockSkewCorrection: flag('clockSkewCorrection', options.clockSkewCorrection, true),
    retryRejected: flag('retryRejected', options.retryRejected, true),
    allowInsecureHttp: flag('allowInsecureHttp', options.allowInsecureHttp, false),
    emit: onEvent === undefined ? () => {} : quiet(onEvent),
    now: now ?? Date.now,
  };
}

/** @throws {TypeError} naming the option and those there are */
export function refuseUnknownOptions(options: object, names: ReadonlySet<string>): void {
  for (const name of Object.keys(options)) {
    if (names.has(name)) continue;
    throw new TypeError(`${name}: there is no such option; there are ${[...names].join(', ')}`);
  }
}

/**
 * @throws {TypeError} naming the option and what it can be
 */
export function checkSignOptions(options: SignOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      `sigv4: expected an object of options, or false to send unsigned; got ${show(options)}`,
    );
  }
  checkScopePart('service', options.service);
  checkScopePart('region', options.region);
  if (options.date !== undefined && !isDate(options.date)) {
    throw new TypeError(`date: expected a valid Date, got ${show(options.date)}`);
  }
  oneOf('payload', options.payload, ['signed', 'unsigned']);
  checkExpiresIn(options.expiresIn);
}

/** Signing one of these breaks calls: they change, appear or vanish on the way. */
const NEVER_SIGNED: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'b3',
  'baggage',
  'connection',
  'cookie',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'x-amzn-trace-id',
  'x-forwarded-for',
]);

const NONE: ReadonlySet<string> = new Set();

/**
 * @returns in lower case
 * @throws {TypeError} if one is no header name, or one that must not be signed
 */
export function headerNames(names: readonly string[] | undefined): ReadonlySet<string> {
  if (names === undefined) return NONE;
  if (!Array.isArray(names)) {
    throw new TypeError(`signHeaders: expected an array of header names, got ${show(names)}`);
  }
  return new Set(
    names.map((name: unknown) => {
      if (typeof name !== 'string' || !TOKEN.test(name)) {
        throw new TypeError(`signHeaders: ${show(name)} is not a header name`);
      }
      const lower = name.toLowerCase();
      if (NEVER_SIGNED.has(lower)) {
        throw new TypeError(
          `signHeaders: ${name} changes on the way, so that its signature would not match; leave it out`,
        );
      }
      return lower;
    }),
  );
}

/** Service and region stand between slashes in the credential scope. */
export function checkScopePart(option: 'service' | 'region' | 'AWS_REGION', value: unknown): void {
  if (value === undefined) return;
  // A region set has several, or all.
  const pattern =
    option === 'service' ? /^[A-Za-z0-9-]+$/ : /^(?:\*|[A-Za-z0-9-]+)(?:,[A-Za-z0-9-]+)*$/;
  if (typeof value !== 'string' || !pattern.test(value)) {
    const example = option === 'service' ? 'execute-api' : 'eu-west-1';
    throw new TypeError(`${option}: expected a name such as '${example}', got ${show(value)}`);
  }
}

function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`${option}: expected a function, got ${show(value)}`);
  }
}

function flag<Default>(option: string, value: unknown, byDefault: Default): boolean | Default {
  if (value === undefined) return byDefault;
  if (typeof value !== 'boolean') {
    throw new TypeError(`${option}: expected true or false, got ${show(value)}`);
  }
  return value;
}

/** The first is the default. */
function oneOf<Value extends string>(
  option: string,
  value: unknown,
  values: readonly [Value, Value],
): Value {
  if (value === undefined) return values[0];
  const found = values.find((each) => each === value);
  if (found !== undefined) return found;
  throw new TypeError(`${option}: expected '${values.join("' or '")}', got ${show(value)}`);
}

/** @throws {TypeError} if it is out of AWS's range */
export function checkExpiresIn(value: unknown): void {
  if (
    value === undefined ||
    (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 604_800)
  )
    return;
  throw new TypeError(
    `expiresIn: expected a whole number of seconds from 1 to 604800 (7 days), got ${show(value)}`,
  );
}

function checkAlgorithm({ algorithm, engine }: SignerOptions): SignerConfig['algorithm'] {
  if (algorithm === undefined) return undefined;
  oneOf('algorithm', algorithm, ['sigv4', 'sigv4a']);
  if (engine !== undefined && (algorithm === 'sigv4a') !== (engine.hasRegionSet === true)) {
    throw new TypeError(
      `algorithm: '${algorithm}' is not what this engine makes; leave one of the two out`,
    );
  }
  return algorithm;
}

function checkEngine(engine: SignatureEngine | undefined): SignatureEngine | undefined {
  if (engine === undefined || typeof engine?.sign === 'function') return engine;
  throw new TypeError(
    "engine: expected an engine such as smithyEngine() of '@sigv4/signer/smithy'",
  );
}

/** A listener's fault must not become the request's, nor the process's. */
function quiet(listener: (event: SigV4Event) => unknown): (event: SigV4Event) => void {
  const tell = async (event: SigV4Event): Promise<void> => {
    await listener(event);
  };
  return (event) => {
    tell(event).catch(() => {});
  };
}

/** A value in an error message: short, and never an object's content. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
