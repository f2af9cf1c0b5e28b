import type { Answer } from './answer.ts';
import type { BodyStart } from './body-start.ts';

/** What a rejection says, as it says it. This is not fit for logs. */
export interface ErrorText {
  /** AWS's error type, from the header or the body. */
  readonly type: string | undefined;
  readonly message: string;
  /** What the signature should have been made of, where AWS tells; the API's owner may have cut it. */
  readonly canonicalRequest: string | undefined;
  /** The region that S3 names. */
  readonly region: string | undefined;
  /** The host that S3 names for a bucket. */
  readonly endpoint?: string | undefined;
}

export function errorType(answer: Answer): string | undefined {
  return answer.headers.get('x-amzn-errortype')?.split(':', 1)[0];
}

/** Whether it is of a type in which AWS's own APIs tell errors, and hardly anybody else. */
export function isOfAwsType(answer: Answer): boolean {
  return /\bxml\b|x-amz-json/.test(answer.headers.get('content-type') ?? '');
}

/**
 * @param isAwsText whether a text is one of AWS's: API owners put them where they like
 */
export function readError(
  answer: Answer,
  { text, isWhole }: BodyStart,
  isAwsText: (text: string) => boolean,
): ErrorText {
  const told = text.startsWith('<') ? readXml(text) : readJson(text, isWhole, isAwsText);
  return { ...told, type: errorType(answer) ?? told.type };
}

/**
 * Reads an error of STS or S3.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
function readXml(text: string): ErrorText {
  const message = element(text, 'Message') ?? '';
  return {
    type: element(text, 'Code'),
    message,
    canonicalRequest: element(text, 'CanonicalRequest') ?? quotedCanonicalRequest(message),
    region: element(text, 'Region'),
    endpoint: element(text, 'Endpoint'),
  };
}

/** Finds an element by its name, in whatever namespace. Its text may be cut off. */
function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)`).exec(xml)?.[1];
  return found?.replaceAll(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]{1,6}));/gi, decodeEntity);
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

/**
 * Reads an error of all others. It may be no JSON at all, if a template of the API's owner broke
 * it.
 */
function readJson(text: string, isWhole: boolean, isAwsText: (text: string) => boolean): ErrorText {
  const { value, texts } = parsedJson(text) ??
    (isWhole ? undefined : parsedJson(closed(text))) ?? {
      value: undefined,
      texts: [text],
    };
  const { errors } = (value ?? {}) as { readonly errors?: unknown };
  // AppSync answers as GraphQL does.
  const error = (Array.isArray(errors) && (errors[0] as unknown)) || value || {};
  const { message, Message, __type, errorType: ofGraphQl } = error as Record<string, unknown>;
  const type = __type ?? ofGraphQl;
  const usual = message ?? Message;
  const told = typeof usual === 'string' ? usual : (texts.find(isAwsText) ?? '');
  return {
    type: typeof type === 'string' ? type.split('#').at(-1) : undefined,
    message: told,
    canonicalRequest: quotedCanonicalRequest(told),
    region: undefined,
  };
}

/** A value, and all texts in it, from the inside out. */
function parsedJson(text: string): { value: unknown; texts: readonly string[] } | undefined {
  const texts: string[] = [];
  try {
    const value: unknown = JSON.parse(text, (_name, part: unknown) => {
      if (typeof part === 'string') texts.push(part);
      return part;
    });
    return { value, texts };
  } catch {
    return undefined;
  }
}

/** Closes an object that was cut off within one of its texts. */
function closed(text: string): string {
  return `${text.replace(/\\(?:u[\da-f]{0,3})?$/i, '')}"}`;
}

/**
 * What a message quotes, as far as it goes. An expression would be slow on what an attacker sends.
 */
function quotedCanonicalRequest(message: string): string | undefined {
  const [, quoted] = message.split('The Canonical String for this request should have been', 2);
  return quoted?.split('The String-to-Sign should have been', 1)[0]?.trim().replace(/^'|'$/g, '');
}
