import type { Credentials, CredentialsProvider, SignedRequest } from '@sigv4/signer';
import { createSigner, serverAhead } from '@sigv4/signer/client';

import { TimeoutError } from '../cache/time-limit.ts';
import { CredentialsError } from '../errors.ts';
import { bare } from '../own-fields.ts';
import { readCredentials, readRejection } from './answer.ts';
import { Attempts, readRetryAfter } from './attempts.ts';
import { namedRegion, regionOfArn, stsEndpoint, type StsEndpoint } from './endpoint.ts';
import type { PostAnswer } from './fetch-post.ts';
import { choosePost } from './post.ts';
import { rejection, type StsSubject } from './rejection.ts';
import { profileRegionOf, sourceProvider } from './source.ts';
import type { StsOptions } from './sts-options.ts';

/** The parameters of an action. Those that are `undefined` are left out. */
export type StsParameters = Readonly<Record<string, string | undefined>>;

/** Calls one action of STS and reads the credentials out of its answer. */
export type StsCall = (parameters: StsParameters, subject: StsSubject) => Promise<Credentials>;

/** An answer as the signer reads it. */
interface ReadAnswer extends PostAnswer {
  clone(): { text(): Promise<string> };
  /** How far the server's clock is ahead of this machine's, ms. It is 0 if that may be chance. */
  readonly ahead: number;
}

type Outcome =
  | { readonly credentials: Credentials }
  | {
      readonly credentials: undefined;
      readonly error: CredentialsError;
      /** Whether another attempt may succeed. */
      readonly isPassing: boolean;
      /** How long the server asks us to wait, ms. */
      readonly retryAfter: number;
    };

type Send = (
  request: StsEndpoint & { method: string; headers: Record<string, string>; body: string },
  transport: (sent: Pick<SignedRequest, 'url' | 'headers' | 'body'>) => Promise<ReadAnswer>,
) => Promise<ReadAnswer>;

/** Characters. No answer of STS comes near this length, so whatever has it is not one. */
const MAX_LENGTH = 262_144;
/** A `Date` header has whole seconds only, and an answer takes a while to arrive. */
const TOLERATED_SKEW_MS = 60_000;

/**
 * A client of STS's Query protocol: form-encoded POST, answers in XML. Throttling, 5xx and faults
 * of the network are tried again. The signer corrects a skewed clock, and asks the source for other
 * credentials if AWS says that its session has ended.
 *
 * The call's error is a {@link CredentialsError} that names its subject.
 *
 * @param source the caller's credentials; `undefined` for actions that are not signed
 * @param arn of the role or the device. It tells where STS is asked if nothing names a region.
 * @throws {TypeError} naming the wrong option or environment variable
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if the endpoint is http: on another machine
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonParameters.html
 */
export function stsClient(
  source: Credentials | CredentialsProvider | undefined,
  options: StsOptions,
  arn: string | undefined,
): StsCall {
  const { now = Date.now } = options;
  const named = namedRegion(options.region);
  // What is wrong is told when the provider is made, also where a profile may name the region.
  const fallback = stsEndpoint(named ?? ['region', regionOfArn(arn)], options);
  const send = source === undefined ? unsigned : signing(source, options);

  return async (parameters, subject) => {
    const body = new URLSearchParams({ Version: '2011-06-15' });
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) body.append(name, value);
    }
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      accept: 'text/xml',
    };
    const endpoint = named === undefined ? await endpointOfProfile() : fallback;
    const request = { method: 'POST', ...endpoint, headers, body: body.toString() };
    const attempts = new Attempts(options);
    for (;;) {
      const outcome = await attempt(request, attempts, subject);
      if (outcome.credentials !== undefined) return outcome.credentials;
      if (!outcome.isPassing || !(await attempts.next(outcome.retryAfter))) throw outcome.error;
    }
  };

  async function endpointOfProfile(): Promise<StsEndpoint> {
    const region = await profileRegionOf(source);
    return region === undefined ? fallback : stsEndpoint(["the profile's region", region], options);
  }

  async function attempt(
    request: Parameters<Send>[0],
    attempts: Attempts,
    subject: StsSubject,
  ): Promise<Outcome> {
    let sent: SignedRequest | undefined;
    let answer: ReadAnswer;
    try {
      answer = await send(request, (signed) => {
        if (Object.hasOwn(signed, 'signature')) sent = signed as SignedRequest;
        return attempts.limit((signal) => ask(signed, signal));
      });
    } catch (error) {
      return {
        credentials: undefined,
        error: unreachable(error, request.url, subject),
        isPassing: true,
        retryAfter: 0,
      };
    }
    const credentials = answer.status === 200 ? credentialsIn(answer, subject) : undefined;
    if (credentials !== undefined) return { credentials };
    return {
      credentials: undefined,
      ...(await rejection(answer, subject, sent)),
      retryAfter: readRetryAfter(answer.headers.get('retry-after'), now()),
    };
  }

  async function ask(
    { url: to, headers, body }: Pick<SignedRequest, 'url' | 'headers' | 'body'>,
    signal: AbortSignal,
  ): Promise<ReadAnswer> {
    const post = choosePost(to, options);
    const sentAt = now();
    try {
      const limits = { signal, maxLength: MAX_LENGTH };
      const answer = await post(to, headers, body as string, limits);
      return {
        ...answer,
        clone: () => ({ text: async () => answer.text }),
        ahead: skew(answer.headers, sentAt, now()),
      };
    } catch (cause) {
      throw new NetworkFault(cause);
    }
  }
}

/** A failure on the way to STS, as opposed to an error of the source or the signer. */
class NetworkFault extends Error {
  constructor(cause: unknown) {
    withoutBytes(cause);
    super('fetch failed', { cause });
  }
}

/** A parser's error holds the bytes that it could not read, and these may be credentials. */
function withoutBytes(fault: unknown): void {
  for (let error = fault, depth = 0; depth < 9 && error instanceof Error; depth += 1) {
    for (const name of ['rawPacket', 'data']) Reflect.deleteProperty(error, name);
    error = error.cause;
  }
}

function signing(source: Credentials | CredentialsProvider, options: StsOptions): Send {
  const signer = createSigner(
    bare({
      credentials: sourceProvider(source, options),
      now: options.now,
      // `stsEndpoint` has checked the scheme, by the caller's `allowInsecureHttp`.
      allowInsecureHttp: true,
    }),
  );
  return ({ region, ...request }, transport) =>
    signer.send(request, transport, bare({ service: 'sts', region }));
}

const unsigned: Send = (request, transport) => transport(request);

function skew(headers: PostAnswer['headers'], sentAt: number, receivedAt: number): number {
  // The process was stopped meanwhile, or its clock was set: the dates cannot be compared.
  if (Math.abs(receivedAt - sentAt) > TOLERATED_SKEW_MS) return 0;
  const ahead = serverAhead(headers, sentAt, receivedAt) ?? 0;
  return Math.abs(ahead) > TOLERATED_SKEW_MS ? ahead : 0;
}

function unreachable(error: unknown, url: string, subject: StsSubject): CredentialsError {
  const { host } = new URL(url);
  const { roleArn } = subject;
  if (error instanceof TimeoutError) {
    return new CredentialsError(
      'Timeout',
      `${subject.name}: STS at ${host} gave ${error.message}; check the network, the region and the endpoint, or raise \`attemptTimeout\``,
      { recoverable: true, roleArn },
    );
  }
  if (!(error instanceof NetworkFault)) throw error;
  return new CredentialsError(
    'NetworkError',
    `${subject.name}: STS at ${host} could not be reached; check the network, the region and the endpoint, and behind a proxy, how STS is called (\`fetch\` in the README)`,
    { recoverable: true, cause: error.cause, roleArn },
  );
}

/**
 * The credentials in an answer. Their end is converted to this machine's clock, since that is the
 * one that the cache compares it with.
 *
 * @returns `undefined` for a rejection, which gateways and other implementations send with 200 too
 */
function credentialsIn(
  { text: document, ahead }: ReadAnswer,
  subject: StsSubject,
): Credentials | undefined {
  const read = readCredentials(document);
  if (typeof read !== 'string') {
    return { ...read, expiration: new Date(read.expiration.getTime() - ahead) };
  }
  if (readRejection(document).code !== undefined) return undefined;
  throw new CredentialsError(
    'MalformedAnswer',
    `${subject.name}: the answer ${read}; check whether the endpoint is that of an STS`,
    { recoverable: true, roleArn: subject.roleArn },
  );
}
