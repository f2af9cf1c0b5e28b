import type { Answer } from './answer.ts';
import { printable } from './printable.ts';
import type { SignedRequest } from './request.ts';

/** Why AWS refused a request. */
export type RejectionReason =
  /** The signature's date is too far from the server's. */
  | 'clock-skew'
  /** The session is over. */
  | 'token-expired'
  /** The access key or its session token is not known (any more). */
  | 'token-invalid'
  /** What arrived is not what was signed, or it was signed with another secret. */
  | 'signature-mismatch'
  /** Signed for another region or service. */
  | 'wrong-scope'
  /** No signature arrived, or there is no such route. */
  | 'not-signed'
  /** An Authorization header that is not SigV4. */
  | 'incomplete'
  /** The signature is good; a policy does not allow the call. */
  | 'denied'
  /** A 401 or 403 that tells no more. */
  | 'forbidden';

/** A refusal, in plain words. Holds no secret. */
export interface Rejection {
  readonly reason: RejectionReason;
  readonly status: number;
  /** AWS's error type, where it sent one: `InvalidSignatureException`, … */
  readonly type: string | undefined;
  /** AWS's message without the signature texts it may quote, at most 1,000 characters. */
  readonly message: string;
  /** What it means and what to do. */
  readonly explanation: string;
}

/** Only a small body is an error text. */
const MAX_BODY_BYTES = 65_536;

/** Tested from top to bottom on `type message`; the message alone decides where the type is ambiguous. */
const RULES: readonly (readonly [RegExp, RejectionReason])[] = [
  [/Signature expired|Signature not yet current|RequestTimeTooSkewed|RequestExpired/, 'clock-skew'],
  [/ExpiredToken|security token included in the request is expired/, 'token-expired'],
  [/Credential should be scoped/, 'wrong-scope'],
  [
    /security token included in the request is invalid|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken\b/,
    'token-invalid',
  ],
  [/signature we calculated does not match|SignatureDoesNotMatch/, 'signature-mismatch'],
  [/MissingAuthenticationToken|Missing Authentication Token/, 'not-signed'],
  [/IncompleteSignature/, 'incomplete'],
  [/is not authorized to perform|explicit deny|AccessDenied/, 'denied'],
  [/InvalidSignature/, 'signature-mismatch'],
];

const EXPLANATIONS: Readonly<Record<RejectionReason, string>> = {
  'clock-skew':
    "The clocks of this machine and of AWS are more than 5 minutes apart, or the request was on its way for that long. Set the machine's clock.",
  'token-expired':
    'The session of these credentials is over. Use a provider that renews them, such as assumeRole() or defaultCredentials().',
  'token-invalid':
    'AWS does not know this access key or its session token: a key that was deleted or deactivated, a revoked session, a token of another key, or keys of another partition.',
  'signature-mismatch':
    "The secret key is not the one of this access key, or what arrived is not what was signed. If the secret is right, look for whatever changes the request after signing (a proxy, another interceptor, a second encoding of the path or query), and compare the canonical request in AWS's answer with that of sign().",
  'wrong-scope':
    'The request is signed for another region or service than the one that answered. Name the right one in the options.',
  'not-signed':
    'No signature arrived, or the API has no such route: check stage, path and method, and whether this host is among those that are signed.',
  incomplete: 'The Authorization header that arrived is not one of Signature Version 4.',
  denied:
    "The signature is good, but a policy does not allow the call. Within one account the caller's policy or the API's resource policy must allow it, across accounts both must, and no policy may deny it.",
  forbidden:
    'The API gives no reason. HTTP APIs and function URLs answer like this to a missing or wrong signature and to a denial alike.',
};

/** See `explainRejection`. */
export async function rejectionOf(
  answer: Answer,
  sent?: SignedRequest,
): Promise<Rejection | undefined> {
  const { status } = answer;
  if (status !== 400 && status !== 401 && status !== 403) return undefined;
  const type = errorType(answer);
  // Other 400s are the API's own business, and their bodies are not ours to read.
  if (status === 400 && type === undefined && !isXml(answer)) return undefined;
  const text = await readText(answer);
  const { code, message } = parseError(text);
  const name = type ?? code;
  const told = `${name ?? ''} ${message}`;
  const reason = RULES.find(([pattern]) => pattern.test(told))?.[1];
  if (status === 400 && reason === undefined) return undefined;
  return {
    reason: reason ?? 'forbidden',
    status,
    type: name,
    message: printable(message, sent),
    explanation: EXPLANATIONS[reason ?? 'forbidden'],
  };
}

function isXml(answer: Answer): boolean {
  return /\bxml\b/.test(answer.headers.get('content-type') ?? '');
}

/** See `explainPassed`. */
export function rejectionOfUnsigned(answer: Answer, reason: string): Rejection | undefined {
  const type = errorType(answer);
  if (type !== 'MissingAuthenticationTokenException') return undefined;
  return {
    reason: 'not-signed',
    status: answer.status,
    type,
    message: 'Missing Authentication Token',
    explanation: `This request was sent without a signature: ${reason}.`,
  };
}

function errorType(answer: Answer): string | undefined {
  return answer.headers.get('x-amzn-errortype')?.split(':')[0];
}

/** At most the first bytes, and nothing of what is no text: such an answer may never end. */
async function readText(answer: Answer): Promise<string> {
  if (!/^$|json|xml|text\/(?:plain|html)/.test(answer.headers.get('content-type') ?? '')) return '';
  if (Number(answer.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return '';
  try {
    const copy = answer.clone();
    return copy.body ? await readStart(copy.body) : await copy.text();
  } catch {
    return '';
  }
}

async function readStart(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  while (text.length < MAX_BODY_BYTES) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
  // Not awaited: it is fulfilled only when the caller's copy is cancelled too.
  void reader.cancel().catch(() => {});
  return text;
}

function parseError(text: string): { code?: string | undefined; message: string } {
  if (text.startsWith('<')) {
    return {
      code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1],
      message: /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? '',
    };
  }
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return { message: '' };
    const { message, Message, __type } = body as Record<string, unknown>;
    const told = message ?? Message;
    return {
      code: typeof __type === 'string' ? __type.split('#').at(-1) : undefined,
      message: typeof told === 'string' ? told : '',
    };
  } catch {
    return { message: '' };
  }
}
