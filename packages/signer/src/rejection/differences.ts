import { canonicalDifferences, type Difference } from './canonical-differences.ts';
import type { ErrorText } from './error-text.ts';
import { printable } from './printable.ts';
import type { SignedRequest } from '../request/request.ts';

/** A person reads no more than these. */
const MOST = 20;

/**
 * How a request that AWS refused differs from the one that was signed, as far as the rejection
 * tells. Fit for logs.
 *
 * @param isElsewhere whether S3 tells by a header that the bucket is in another region
 */
export function differencesOf(
  error: ErrorText,
  sent: SignedRequest | undefined,
  isElsewhere = false,
): Difference[] {
  return allDifferences(error, sent, isElsewhere)
    .slice(0, MOST)
    .map((difference) => {
      const fit = Object.entries(difference).map(([field, text]) => [field, printable(text, sent)]);
      return Object.fromEntries(fit) as Difference;
    });
}

function allDifferences(
  error: ErrorText,
  sent: SignedRequest | undefined,
  isElsewhere: boolean,
): Difference[] {
  const told = [...scopeDifferences(error, sent, isElsewhere), ...headersNamed(error, sent)];
  if (told.length > 0 || sent === undefined) return told;
  if (/SHA256Mismatch/.test(error.type ?? '')) return [{ part: 'body', change: 'changed' }];
  if (error.canonicalRequest === undefined) return [];
  return canonicalDifferences(error.canonicalRequest, sent.canonicalRequest, !isEncodedOnce(sent));
}

/** S3 wants the path encoded once, all others twice. Where nothing is encoded, both are the same. */
function isEncodedOnce({ canonicalRequest, url }: SignedRequest): boolean {
  const [, path = ''] = canonicalRequest.split('\n', 2);
  return path.includes('%') && path === new URL(url).pathname;
}

/** Reads `{day}/{region}/{service}/aws4_request`; the scope of SigV4a has no region. */
export function scopeOf({ stringToSign }: SignedRequest): {
  region: string | undefined;
  service: string;
} {
  const parts = stringToSign.split('\n')[2]?.split('/') ?? [];
  return { region: parts.length > 3 ? parts[1] : undefined, service: parts.at(-2) ?? '' };
}

function scopeDifferences(
  { message, region }: ErrorText,
  sent: SignedRequest | undefined,
  isElsewhere: boolean,
): Difference[] {
  const found: Difference[] = [];
  const scope = sent && scopeOf(sent);
  if (isElsewhere && scope?.region !== region) {
    found.push({
      part: 'region',
      change: 'wrong',
      ...valueOf('signed', scope?.region),
      ...valueOf('expected', region),
    });
  }
  const wrongRegion = /valid region(?:, not '([^']*)')?|the region '([^']*)' is wrong/.exec(
    message,
  );
  if (wrongRegion) {
    found.push({
      part: 'region',
      change: 'wrong',
      ...valueOf('signed', wrongRegion[1] ?? wrongRegion[2] ?? scope?.region),
      ...valueOf('expected', region),
    });
  }
  const service = /correct service: '([^']*)'|endpoint belongs to "([^"]*)"/.exec(message);
  if (service) {
    found.push({
      part: 'service',
      change: 'wrong',
      ...valueOf('signed', scope?.service),
      ...valueOf('expected', service[1] ?? service[2]),
    });
  }
  return found;
}

function valueOf(name: 'signed' | 'expected', value: string | undefined): Partial<Difference> {
  return value === undefined ? {} : { [name]: value };
}

/** Headers that the message names, without a canonical request. */
function headersNamed({ message }: ErrorText, sent: SignedRequest | undefined): Difference[] {
  if (sent === undefined) return [];
  if (/Date in Credential scope does not match/.test(message)) {
    return [{ part: 'header', name: 'x-amz-date', change: 'changed' }];
  }
  const unsigned = /'([\w-]{1,100})' must be a 'SignedHeader'/.exec(message)?.[1];
  if (unsigned !== undefined) {
    return [{ part: 'header', name: unsigned.toLowerCase(), change: 'added' }];
  }
  const absent = /'([\w-]{1,100})' is a 'SignedHeader'/.exec(message)?.[1];
  if (absent !== undefined) return [{ part: 'header', name: absent, change: 'missing' }];
  if (!('authorization' in sent.headers)) return [];
  // We sent it in its proper form, so something has changed it.
  if (/requires 'Credential' parameter|not a valid key=value pair/.test(message)) {
    return [{ part: 'header', name: 'authorization', change: 'changed' }];
  }
  return /requires existence of either a 'X-Amz-Date'/.test(message)
    ? [{ part: 'header', name: 'x-amz-date', change: 'missing' }]
    : [];
}

/** Says in words what differs and what to do; `undefined` if nothing does. */
export function explainDifferences(differences: readonly Difference[]): string | undefined {
  const [first] = differences;
  if (first === undefined) return undefined;
  if (first.part === 'secret') {
    return 'The request arrived exactly as it was signed, so the secret key does not belong to this access key. Check where the secret is read from.';
  }
  if (first.part === 'body' && first.change === 'wrong') {
    return "The body was left out of the signature, but this API takes signed ones only. Leave out payload: 'unsigned'.";
  }
  const words = differences.map(describe).join('; ');
  if (first.change === 'wrong') return `${words}. Name the right one in the options.`;
  const hostAdvice = differences.some(({ name }) => name === 'host')
    ? ' Let it keep the Host header, or name as URL the address that it forwards to.'
    : '';
  return `What arrived is not what was signed: ${words}. Something on the way changes the request after it was signed (a proxy, a gateway, a client's own wrapper); the signature is good only if it does not.${hostAdvice}`;
}

const CHANGES: Readonly<Record<Difference['change'], string>> = {
  changed: 'was changed',
  missing: 'is missing',
  added: 'was added',
  'encoded-twice': 'was percent-encoded once more',
  decoded: 'was percent-decoded',
  're-ordered': 'was put into another order',
  wrong: 'is wrong',
};

function describe({ part, name, change, signed, expected }: Difference): string {
  if (change === 'wrong') {
    return `Signed for the ${part} ${quote(signed)}, but the API ${expected === undefined ? 'is in another' : `belongs to ${quote(expected)}`}`;
  }
  const subject =
    part === 'header'
      ? `the header ${name}`
      : name === undefined
        ? `the ${part}`
        : `the query parameter ${quote(name)}`;
  const values =
    signed !== undefined && expected !== undefined
      ? ` from ${quote(signed)} to ${quote(expected)}`
      : '';
  return `${subject} ${CHANGES[change]}${values}`;
}

function quote(text = ''): string {
  return JSON.stringify(text.slice(0, 200));
}
