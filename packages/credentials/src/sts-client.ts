import {
  createSigner,
  printable,
  type Credentials,
  type CredentialsProvider,
  type SignedRequest,
} from '@sigv4/signer';

import { CredentialsError } from './errors.ts';
import { elementText } from './sts-answer.ts';
import { stsEndpoint } from './sts-endpoint.ts';

/** How STS is reached. */
export interface StsOptions {
  /** Default: AWS_REGION, else `us-east-1`. */
  readonly region?: string | undefined;
  /** Default: AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, else the region's own. */
  readonly endpoint?: string | undefined;
  /** Default: the global `fetch`, as it is at the time of the call. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The clock, ms since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Let the endpoint be http: on another machine. Default: false. */
  readonly allowInsecureHttp?: boolean | undefined;
}

/** Calls one action of STS and reads the credentials out of its answer. */
export type StsCall = (
  parameters: Readonly<Record<string, string>>,
  subject: string,
) => Promise<Credentials>;

/**
 * A client of STS's Query protocol: form-encoded POST, answers in XML.
 *
 * The call's error is a {@link CredentialsError} that names `subject`.
 *
 * @throws {TypeError} naming the wrong option
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonParameters.html
 */
export function stsClient(source: Credentials | CredentialsProvider, options: StsOptions): StsCall {
  const { url, region } = stsEndpoint(options);
  const signer = createSigner({
    credentials: source,
    service: 'sts',
    region,
    now: options.now,
    allowInsecureHttp: options.allowInsecureHttp,
  });

  return async (parameters, subject) => {
    const body = new URLSearchParams({ ...parameters, Version: '2011-06-15' }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      accept: 'text/xml',
    };
    let sent: SignedRequest | undefined;
    const answer = await signer.send({ method: 'POST', url, headers, body }, async (signed) => {
      sent = signed;
      const { fetch = globalThis.fetch } = options;
      try {
        return await fetch(signed.url, {
          method: signed.method,
          headers: signed.headers,
          body: signed.body as string,
          redirect: 'manual',
        });
      } catch (cause) {
        throw unreachable(url, subject, cause);
      }
    });
    let text: string;
    try {
      text = await answer.text();
    } catch (cause) {
      throw unreachable(url, subject, cause);
    }
    if (answer.status !== 200) throw refusal(answer.status, text, subject, sent);
    return readCredentials(text, subject);
  };
}

function unreachable(url: string, subject: string, cause: unknown): CredentialsError {
  return new CredentialsError(
    'NetworkError',
    `${subject}: STS at ${new URL(url).host} could not be reached; check the network, the region and the endpoint`,
    { recoverable: true, cause },
  );
}

const PASSING = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|IDPCommunicationError/;

function refusal(
  status: number,
  text: string,
  subject: string,
  sent: SignedRequest | undefined,
): CredentialsError {
  const code = printable(elementText(text, 'Code') ?? `HTTP${status}`, sent);
  const message = printable(elementText(text, 'Message') ?? 'no message', sent);
  const advice =
    code === 'AccessDenied'
      ? "; the role must exist, its trust policy must allow this caller, and the caller's own policy sts:AssumeRole on the role"
      : '';
  return new CredentialsError(
    code,
    `${subject}: STS answered ${status} ${code}: ${message}${advice}`,
    {
      recoverable: status >= 500 || status === 429 || PASSING.test(code),
    },
  );
}

function readCredentials(text: string, subject: string): Credentials {
  const field = (name: string): string => {
    const value = elementText(text, name);
    if (value) return value;
    throw new CredentialsError(
      'MalformedAnswer',
      `${subject}: the answer has no ${name}; is the endpoint really that of an STS?`,
      { recoverable: true },
    );
  };
  const told = field('Expiration');
  // STS tells UTC; some implementations leave the zone out.
  const expiration = new Date(/(?:Z|[+-]\d\d:?\d\d)$/i.test(told) ? told : `${told}Z`);
  if (Number.isNaN(expiration.getTime())) {
    throw new CredentialsError(
      'MalformedAnswer',
      `${subject}: the Expiration in the answer is no date`,
      {
        recoverable: true,
      },
    );
  }
  return {
    accessKeyId: field('AccessKeyId'),
    secretAccessKey: field('SecretAccessKey'),
    sessionToken: field('SessionToken'),
    expiration,
  };
}
