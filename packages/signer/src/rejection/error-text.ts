import type { Answer } from './answer.ts';

/** What a refusal says, as it says it: not fit for logs. */
export interface ErrorText {
  /** AWS's error type, of the header or the body. */
  readonly type: string | undefined;
  readonly message: string;
  /** What the signature should have been made of, where AWS tells; the API's owner may have cut it. */
  readonly canonicalRequest: string | undefined;
  /** The region that S3 names. */
  readonly region: string | undefined;
  /** All of it. */
  readonly text: string;
}

/** Only a small body is an error text. */
const MAX_BODY_BYTES = 65_536;

export function errorType(answer: Answer): string | undefined {
  return answer.headers.get('x-amzn-errortype')?.split(':')[0];
}

export function isXml(answer: Answer): boolean {
  return /\bxml\b/.test(answer.headers.get('content-type') ?? '');
}

/**
 * @param isAwsText whether a text is one of AWS's: API owners put them where they like
 */
export async function readError(
  answer: Answer,
  isAwsText: (text: string) => boolean,
): Promise<ErrorText> {
  const text = await readText(answer);
  const told = text.startsWith('<') ? parseXml(text) : parseJson(text, isAwsText);
  return { ...told, text, type: errorType(answer) ?? told.type };
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

/** STS and S3. @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function parseXml(text: string): Omit<ErrorText, 'text'> {
  const message = element(text, 'Message') ?? '';
  return {
    type: element(text, 'Code'),
    message,
    canonicalRequest: element(text, 'CanonicalRequest') ?? quotedCanonicalRequest(message),
    region: element(text, 'Region'),
  };
}

/** By name, in whatever namespace. */
function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return found?.replaceAll(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, decodeEntity);
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decodeEntity(whole: string, hex?: string, decimal?: string, name = ''): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code <= 0x10_ffff ? String.fromCodePoint(code) : (ENTITIES.get(name) ?? whole);
}

/** API Gateway and most others; or no JSON at all, where a template of the owner's broke it. */
function parseJson(text: string, isAwsText: (text: string) => boolean): Omit<ErrorText, 'text'> {
  const texts: string[] = [];
  let body: unknown;
  try {
    body = JSON.parse(text, (_name, value: unknown) => {
      if (typeof value === 'string') texts.push(value);
      return value;
    });
  } catch {
    texts.push(text);
  }
  const { message, Message, __type } = (body ?? {}) as Record<string, unknown>;
  const usual = message ?? Message;
  const told = typeof usual === 'string' ? usual : (texts.find(isAwsText) ?? '');
  return {
    type: typeof __type === 'string' ? __type.split('#').at(-1) : undefined,
    message: told,
    canonicalRequest: quotedCanonicalRequest(told),
    region: undefined,
  };
}

/** As far as the message goes. By index: an expression would be slow on what an attacker sends. */
function quotedCanonicalRequest(message: string): string | undefined {
  const [, quoted] = message.split('The Canonical String for this request should have been', 2);
  return quoted?.split('The String-to-Sign should have been', 1)[0]?.trim().replace(/^'|'$/g, '');
}
