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
import { show, TOKEN, type SignOptions } from './request.ts';

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

/** What an option can be: in words, and whether a value is it. */
type Rule = readonly [expected: string, holds: (value: unknown) => boolean];

const FLAG: Rule = ['true or false', (value) => typeof value === 'boolean'];
const FUNCTION: Rule = ['a function', (value) => typeof value === 'function'];

type RuleName =
  | Exclude<keyof SignerOptions, 'credentials' | 'hosts' | 'signHeaders'>
  | 'date'
  | 'expiresIn';

const RULES: Readonly<Record<RuleName, Rule>> = {
  // Service and region stand between slashes in the credential scope.
  service: ["a name such as 'execute-api'", matching(/^[A-Za-z0-9-]+$/)],
  // A region set has several, or all.
  region: ["a name such as 'eu-west-1'", matching(/^(\*|[A-Za-z0-9-]+)(,[A-Za-z0-9-]+)*$/)],
  algorithm: oneOf('sigv4', 'sigv4a'),
  signatureIn: oneOf('header', 'query'),
  payload: oneOf('signed', 'unsigned'),
  contentSha256Header: FLAG,
  normalizePath: FLAG,
  engine: [
    "an engine such as smithyEngine() of '@sigv4/signer/smithy'",
    (value) => typeof (value as SignatureEngine | null)?.sign === 'function',
  ],
  clockSkewCorrection: FLAG,
  retryRejected: FLAG,
  allowInsecureHttp: FLAG,
  onEvent: FUNCTION,
  now: FUNCTION,
  date: ['a valid Date', isDate],
  expiresIn: [
    'a whole number of seconds from 1 to 604800 (7 days)',
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 604_800,
  ],
};

function matching(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function oneOf(...values: string[]): Rule {
  return [`'${values.join("' or '")}'`, (value) => values.includes(value as string)];
}

/**
 * @param option as it is called in the message
 * @throws {TypeError} naming the option and what it can be
 */
export function checkOption(rule: RuleName, value: unknown, option: string = rule): void {
  const [expected, holds] = RULES[rule];
  if (value === undefined || holds(value)) return;
  throw new TypeError(`${option}: expected ${expected}, got ${show(value)}`);
}

const OPTION_NAMES: readonly (keyof SignerOptions)[] = [
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
];

/**
 * @throws {TypeError} naming the option and what it can be
 * @throws {SigV4Error} ERR_SIGV4_CREDENTIALS
 */
export function signerConfig(options: SignerOptions): SignerConfig {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('createSigner: expected options with at least { credentials }');
  }
  refuseUnknownOptions(options, OPTION_NAMES);
  for (const name of OPTION_NAMES) {
    const value = options[name];
    if (name in RULES && !(name === 'region' && typeof value === 'function')) {
      checkOption(name as RuleName, value);
    }
  }
  const { algorithm, engine, onEvent } = options;
  if (algorithm && engine && (algorithm === 'sigv4a') !== (engine.hasRegionSet === true)) {
    throw new TypeError(
      `algorithm: '${algorithm}' is not what this engine makes; leave one of the two out`,
    );
  }
  return {
    credentials: credentialsSource(options.credentials),
    service: options.service,
    region: options.region,
    isSigned: hostFilter(options.hosts),
    signHeaders: headerNames(options.signHeaders),
    signatureIn: options.signatureIn ?? 'header',
    payload: options.payload ?? 'signed',
    contentSha256Header: options.contentSha256Header,
    normalizePath: options.normalizePath,
    algorithm,
    engine,
    clockSkewCorrection: options.clockSkewCorrection ?? true,
    retryRejected: options.retryRejected ?? true,
    allowInsecureHttp: options.allowInsecureHttp ?? false,
    emit: onEvent === undefined ? () => {} : quiet(onEvent),
    now: options.now ?? Date.now,
  };
}

/** @throws {TypeError} naming the option and those there are */
export function refuseUnknownOptions(options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new TypeError(`${name}: there is no such option; there are ${names.join(', ')}`);
  }
}

/** What most calls say for themselves. */
export const NO_OPTIONS: SignOptions = {};

/**
 * @throws {TypeError} naming the option and what it can be
 */
export function checkSignOptions(options: SignOptions): void {
  if (options === NO_OPTIONS) return;
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      `sigv4: expected an object of options, or false to send unsigned; got ${show(options)}`,
    );
  }
  for (const name of ['service', 'region', 'date', 'payload', 'expiresIn'] as const) {
    checkOption(name, options[name]);
  }
}

/** Signing one of these breaks calls: they change, appear or vanish on the way. */
const NEVER_SIGNED =
  /^(accept-encoding|(proxy-)?authorization|b3|baggage|connection|cookie|expect|keep-alive|te|trailer|traceparent|tracestate|transfer-encoding|upgrade|user-agent|via|x-amzn-trace-id|x-forwarded-for)$/;

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
      if (NEVER_SIGNED.test(lower)) {
        throw new TypeError(
          `signHeaders: ${name} changes on the way, so that its signature would not match; leave it out`,
        );
      }
      return lower;
    }),
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
