import {
  credentialsSource,
  isDate,
  type Credentials,
  type CredentialsProvider,
  type CredentialsSource,
} from './credentials.ts';
import type { SigV4Event } from './events.ts';
import { hostFilter, isHost, type HostFilter } from './host-filter.ts';
import type { SignatureEngine } from './engine.ts';
import { quietListener } from './quiet-listener.ts';
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

const SIGNER_RULES: Readonly<Record<keyof SignerOptions, Rule>> = {
  credentials: [
    '{ accessKeyId, secretAccessKey, sessionToken? } or an async function that returns them (not its Promise), such as defaultCredentials() of @sigv4/credentials',
    (value) =>
      typeof value === 'function' ||
      (typeof value === 'object' && value !== null && 'accessKeyId' in value),
  ],
  // Service and region stand between slashes in the credential scope.
  service: ["a name such as 'execute-api'", matching(/^[A-Za-z0-9-]+$/)],
  // A region set has several, or all.
  region: ["a name such as 'eu-west-1'", matching(/^(\*|[A-Za-z0-9-]+)(,[A-Za-z0-9-]+)*$/)],
  hosts: [
    "an array of host names such as 'api.example.com' (no scheme, no path) and RegExps",
    arrayOf(isHost),
  ],
  signHeaders: [
    'an array of header names, without those that change on the way (such as User-Agent, Cookie, traceparent)',
    arrayOf((name) => typeof name === 'string' && TOKEN.test(name) && !CHANGING.test(name)),
  ],
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
};

const RULES: typeof SIGNER_RULES & Readonly<Record<'date' | 'expiresIn', Rule>> = {
  ...SIGNER_RULES,
  date: ['a valid Date', isDate],
  expiresIn: [
    'a whole number of seconds from 1 to 604800 (7 days)',
    (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 604_800,
  ],
};

/** Signing one of these breaks calls: they change, appear or vanish on the way. */
const CHANGING =
  /^(accept-encoding|(proxy-)?authorization|b3|baggage|connection|cookie|expect|keep-alive|te|trailer|traceparent|tracestate|transfer-encoding|upgrade|user-agent|via|x-amzn-trace-id|x-forwarded-for)$/i;

function matching(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && pattern.test(value);
}

function arrayOf(holds: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(holds);
}

function oneOf(...values: string[]): Rule {
  return [`'${values.join("' or '")}'`, (value) => values.includes(value as string)];
}

/**
 * @param option as it is called in the message
 * @throws {TypeError} naming the option and what it can be
 */
export function checkOption(rule: keyof typeof RULES, value: unknown, option: string = rule): void {
  const [expected, holds] = RULES[rule];
  if (value !== undefined && !holds(value)) throw unexpected(option, expected, value);
}

function unexpected(option: string, expected: string, got: unknown): TypeError {
  // Whoever gives a string there gives a secret.
  const isSecret = /^(?:credentials|options)$/.test(option) && typeof got === 'string';
  return new TypeError(`${option}: expected ${expected}, got ${isSecret ? 'a string' : show(got)}`);
}

/** @throws {TypeError} naming the option and what it can be */
export function signerConfig(options: SignerOptions): SignerConfig {
  refuseUnknownOptions(options, Object.keys(SIGNER_RULES));
  const { credentials, algorithm, engine } = options;
  for (const name of Object.keys(SIGNER_RULES) as (keyof SignerOptions)[]) {
    if (name !== 'region' || typeof options.region !== 'function') checkOption(name, options[name]);
  }
  if (credentials === undefined) throw unexpected('credentials', RULES.credentials[0], credentials);
  if (algorithm && engine && (algorithm === 'sigv4a') !== (engine.hasRegionSet === true)) {
    throw new TypeError(
      `algorithm: '${algorithm}' is not what this engine makes; leave one of the two out`,
    );
  }
  return {
    credentials: credentialsSource(credentials),
    service: options.service,
    region: options.region,
    isSigned: options.hosts && hostFilter(options.hosts),
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
    emit: quietListener(options.onEvent),
    now: options.now ?? Date.now,
  };
}

/** @throws {TypeError} naming the option and those there are */
export function refuseUnknownOptions(options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw unexpected('options', `an object with ${names.join(', ')}`, options);
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new TypeError(`${name}: there is no such option; there are ${names.join(', ')}`);
  }
}

/** What most calls say for themselves. */
export const NO_OPTIONS: SignOptions = {};

/**
 * @returns what their caller can change no more
 * @throws {TypeError} naming the option and what it can be
 */
export function readSignOptions(options: SignOptions): SignOptions {
  if (options === NO_OPTIONS) return options;
  if (typeof options !== 'object' || options === null) {
    throw unexpected('sigv4', 'an object of options, or false to send unsigned', options);
  }
  const read: Record<string, unknown> = {};
  for (const name of SIGN_OPTIONS) {
    const value = options[name];
    if (value === undefined) continue;
    checkOption(name, value);
    read[name] = isDate(value) ? new Date(value) : value;
  }
  return read;
}

const SIGN_OPTIONS = ['service', 'region', 'date', 'payload', 'signHeaders', 'expiresIn'] as const;

/** @returns in lower case */
export function headerNames(names: readonly string[] = []): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
