import {
  EXPIRES_IN,
  FLAG,
  FUNCTION,
  matching,
  oneOf,
  readOptions,
  unexpected,
  type OptionRules,
} from './check-options.ts';
import { isDate } from './credentials/check-credentials.ts';
import type { Credentials, CredentialsProvider } from './credentials/credentials.ts';
import type { SigV4Event } from './events.ts';
import { TOKEN } from './request/headers.ts';
import type { SignatureEngine } from './signature/engine.ts';
import { isHost } from './target/hosts.ts';
import { REGION } from './target/region.ts';

/** The options of one call. */
export interface SignOptions {
  /** Sign for this moment instead of now. */
  readonly date?: Date | undefined;
  /** The signing name. Default: the signer's. */
  readonly service?: string | undefined;
  /** Default: the signer's. */
  readonly region?: string | undefined;
  /** Sign these headers too, if the request has them. */
  readonly signHeaders?: readonly string[] | undefined;
  /** Whether the body is part of the signature. Default: the signer's. */
  readonly payload?: 'signed' | 'unsigned' | undefined;
  /** Where the signature goes. Default: the signer's. */
  readonly signatureIn?: 'header' | 'query' | undefined;
  /**
   * How long a signature in the query is good, in seconds, from 1 to 604,800. Default:
   * `X-Amz-Expires` of the URL, else 300; of `presign`, 900.
   */
  readonly expiresIn?: number | undefined;
}

/** What all requests of a signer have in common. */
export interface SignerOptions {
  /** Credentials, or a function that gives them whenever a request is signed. */
  readonly credentials: Credentials | CredentialsProvider;
  /** The signing name. Default: read from the host name, else `execute-api`. */
  readonly service?: string | undefined;
  /**
   * Default: read from the host name, else AWS_REGION, else AWS_DEFAULT_REGION, else that of the
   * profile, if the credentials are those of `defaultCredentials()`.
   */
  readonly region?: string | (() => Promise<string>) | undefined;
  /**
   * Sign only requests to these: a host name, `host:port`, or an expression to be found in it, in
   * capital letters or not. It sees no port that is the scheme's own. `/\.example\.com$/` takes
   * every host of a domain. What could match no host, such as `*.example.com`, is refused.
   * Default: every request if `service` or `region` is named, else those whose host name is known
   * as one of AWS.
   */
  readonly hosts?: readonly (string | RegExp)[] | undefined;
  /**
   * What becomes of a call that is not one of those to be signed: `pass` sends it as it is, `error`
   * refuses it with ERR_SIGV4_UNSIGNED. A call with `sigv4: false`, and a URL that bears a signature
   * already, are sent all the same. Default: `pass`, with a warning at AWS's hosts unless `onEvent`
   * or `hosts` is given.
   */
  readonly unsigned?: 'pass' | 'error' | undefined;
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
  /**
   * Learn from a rejection that this machine's clock is off, and sign by AWS's time. Whether the
   * rejected request is sent again is a matter of `retryRejected`. Default: true.
   */
  readonly clockSkewCorrection?: boolean | undefined;
  /**
   * Sign anew and send once more after a skewed clock or a refused token. Without it, what was
   * learned counts from the next call on. Default: true.
   */
  readonly retryRejected?: boolean | undefined;
  /** Send signed requests over http: to other machines. Default: false, only to this one. */
  readonly allowInsecureHttp?: boolean | undefined;
  /** Makes the signatures. Default: our own engine. `smithyEngine()` has AWS's code make them. */
  readonly engine?: SignatureEngine | undefined;
  /** It is told what happens. What it throws is ignored. */
  readonly onEvent?: ((event: SigV4Event) => void) | undefined;
  /** The clock, ms since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

// Service and region stand between slashes in the credential scope.
const SERVICE = matching(/^[A-Za-z0-9-]+$/, "a name such as 'execute-api'");

/** Signing one of these breaks calls, because they change, appear or vanish on the way. */
const CHANGING =
  /^(accept-encoding|(proxy-)?authorization|b3|baggage|connection|cookie|expect|keep-alive|te|trailer|traceparent|tracestate|transfer-encoding|upgrade|user-agent|via|x-amzn-trace-id|x-forwarded-for)$/i;

const SIGN_HEADERS = {
  expected:
    'an array of header names, without those that change on the way (such as User-Agent, Cookie, traceparent)',
  holds: arrayOf((name) => typeof name === 'string' && TOKEN.test(name) && !CHANGING.test(name)),
};

/** Every option of a signer. docs/options.md is checked against it. */
export const SIGNER_OPTIONS: OptionRules<SignerOptions> = {
  credentials: {
    expected:
      '{ accessKeyId, secretAccessKey, sessionToken? } or an async function that returns them (not its Promise), such as defaultCredentials() of @sigv4/credentials',
    holds: (value) =>
      typeof value === 'function' ||
      (typeof value === 'object' && value !== null && 'accessKeyId' in value),
    isSecret: true,
  },
  service: SERVICE,
  region: { ...REGION, holds: (value) => typeof value === 'function' || REGION.holds(value) },
  hosts: {
    expected:
      "an array of host names such as 'api.example.com' (no scheme, no path, no *; at least one) and RegExps such as /\\.example\\.com$/",
    holds: (value) => arrayOf(isHost)(value) && (value as []).length > 0,
  },
  signHeaders: SIGN_HEADERS,
  algorithm: oneOf('sigv4', 'sigv4a'),
  signatureIn: oneOf('header', 'query'),
  payload: oneOf('signed', 'unsigned'),
  unsigned: oneOf('pass', 'error'),
  contentSha256Header: FLAG,
  normalizePath: FLAG,
  engine: {
    expected: "an engine such as smithyEngine() of '@sigv4/signer/smithy'",
    holds: (value) => typeof (value as SignatureEngine | null)?.sign === 'function',
  },
  clockSkewCorrection: FLAG,
  retryRejected: FLAG,
  allowInsecureHttp: FLAG,
  onEvent: FUNCTION,
  now: FUNCTION,
};

/** Every option of one call. */
export const SIGN_OPTIONS: OptionRules<SignOptions> = {
  date: { expected: 'a valid Date', holds: isDate },
  service: SERVICE,
  region: REGION,
  signHeaders: SIGN_HEADERS,
  payload: SIGNER_OPTIONS.payload,
  signatureIn: SIGNER_OPTIONS.signatureIn,
  expiresIn: EXPIRES_IN,
};

function arrayOf(holds: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(holds);
}

/**
 * @returns the signer's options, which its caller can change no more
 * @throws {TypeError} naming the option and what it can be
 */
export function readSignerOptions(given: SignerOptions): SignerOptions {
  const options = readOptions(given, SIGNER_OPTIONS);
  const { credentials, algorithm, engine } = options;
  if (credentials === undefined) {
    throw unexpected('credentials', SIGNER_OPTIONS.credentials.expected, credentials);
  }
  if (algorithm && engine && (algorithm === 'sigv4a') !== (engine.hasRegionSet === true)) {
    throw new TypeError(
      `algorithm: '${algorithm}' is not what this engine makes; leave one of the two out`,
    );
  }
  return options;
}

/** The options of most calls, which have none. */
export const NO_OPTIONS: SignOptions = Object.create(null) as SignOptions;

/**
 * @returns the call's options, which its caller can change no more
 * @throws {TypeError} naming the option and what it can be
 */
export function readSignOptions(given: SignOptions): SignOptions {
  if (given === NO_OPTIONS) return given;
  if (typeof given !== 'object' || given === null) {
    throw unexpected('sigv4', 'an object of options, or false to send unsigned', given);
  }
  return withOwnValues(readOptions(given, SIGN_OPTIONS));
}

/** Copies what its caller could change in place: a date, and a list of names. */
export function withOwnValues<Options extends SignOptions>(options: Options): Options {
  const { date, signHeaders } = options;
  if (date === undefined && signHeaders === undefined) return options;
  return Object.assign(Object.create(null) as Options, options, {
    ...(date && { date: new Date(date) }),
    ...(signHeaders && { signHeaders: [...signHeaders] }),
  });
}
