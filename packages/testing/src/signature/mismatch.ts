import { sha256 } from '../keys/digest.ts';
import { splitTarget, type RawRequest } from '../wire/raw-request.ts';
import { canonicalForm } from './canonical-request.ts';

/** A canonical request that a signature fits, and what is different in the one that came. */
export interface Mismatch {
  /** In words. */
  readonly because: string;
  /** The canonical request as it should be, line by line; `-` marks what was signed instead. */
  readonly comparison: string;
}

/** What clients do wrong, or what changes a request on its way. */
interface Variation {
  readonly because: string;
  readonly lines: readonly string[];
}

/**
 * Looks for the mistake behind a signature that does not fit: signs what a client might have signed
 * instead, and sees whether that fits. The usual mistakes are tried one by one, and each together
 * with another host.
 *
 * @param canonicalRequest of the request as it came
 * @param hosts other host names that the caller may have meant
 * @param fits whether the signature is one of this canonical request
 */
export function explainMismatch(
  request: RawRequest,
  canonicalRequest: string,
  hosts: readonly string[],
  fits: (canonicalRequest: string) => boolean,
): Mismatch {
  const lines = canonicalRequest.split('\n');
  const found = [...combinations(request, lines, hosts)].find((one) => fits(one.lines.join('\n')));
  return {
    because:
      found?.because ??
      'no usual mistake explains it: the secret is not the one of this access key, or something was changed after the request was signed',
    comparison: compare(lines, found?.lines ?? lines),
  };
}

function* combinations(
  request: RawRequest,
  lines: readonly string[],
  hosts: readonly string[],
): Generator<Variation> {
  yield { because: 'the body is not the one that x-amz-content-sha256 promises', lines };
  yield* variations(request, lines);
  for (const host of hosts) {
    const other = lines.map((line) => (line.startsWith('host:') ? `host:${host}` : line));
    const because = `the signature is for the host ${host}, and the request has ${lines.find((line) => line.startsWith('host:'))}`;
    yield { because, lines: other };
    for (const more of variations(request, other)) {
      yield { because: `${because}; and ${more.because}`, lines: more.lines };
    }
  }
}

function* variations(request: RawRequest, lines: readonly string[]): Generator<Variation> {
  const [method = '', path = '', query = ''] = lines;
  const payload = lines.at(-1) ?? '';
  const sent = splitTarget(request.target);
  const having = (at: number, line: string, because: string): Variation => ({
    because,
    lines: lines.with(at, line),
  });

  const [, onceEncoded = ''] = canonicalForm(request, [], '', 's3', []).split('\n');
  yield having(
    1,
    onceEncoded,
    'the path was encoded once, and all services but S3 encode it twice',
  );
  yield having(1, sent.path, 'the path was signed as it was sent, and not encoded once more');
  yield having(1, `${path}/`, 'the path was signed with a slash at its end');
  yield having(1, path.replace(/\/$/, ''), 'the path was signed without the slash at its end');
  yield having(
    1,
    path.replace(/^\/[^/]*/, '') || '/',
    'the path was signed without its first segment (the stage?)',
  );

  yield having(2, '', 'the query was not signed');
  yield having(2, sent.query, 'the query was signed as it was sent: not sorted, or not encoded');
  yield having(
    2,
    query.replaceAll('%20', '+'),
    'a space of the query was signed as +, and not as %20',
  );
  yield having(
    2,
    query.replaceAll('%20', '%2B'),
    'a + of the query means a space, and was signed as %2B',
  );
  yield having(2, query.replaceAll('%252', '%2'), 'the query was encoded twice on its way');

  const last = lines.length - 1;
  yield having(last, sha256(''), 'the signature is for an empty body, and the request has one');
  yield having(
    last,
    'UNSIGNED-PAYLOAD',
    'the signature is for UNSIGNED-PAYLOAD, which this service does not take',
  );
  yield having(
    last,
    sha256(request.body),
    'the signature is for the hash of the body, and x-amz-content-sha256 says something else',
  );
  const trimmed = Buffer.from(request.body).toString('latin1').trim();
  if (sha256(Buffer.from(trimmed, 'latin1')) !== payload) {
    yield having(last, sha256(Buffer.from(trimmed, 'latin1')), 'white space was added to the body');
  }

  for (const other of [
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    method.toLowerCase(),
  ]) {
    if (other !== method)
      yield having(0, other, `the signature is for ${other}, and the request is a ${method}`);
  }
  for (const [at, line] of lines.entries()) {
    const name = /^([a-z0-9-]+):/.exec(line)?.[1];
    if (name === undefined || at < 3) continue;
    if (name === 'content-type') {
      yield having(at, line.replace(/ *;.*/, ''), 'a parameter was added to content-type');
      yield having(at, `${line}; charset=utf-8`, 'the charset was taken out of content-type');
      yield having(at, `${line};charset=utf-8`, 'the charset was taken out of content-type');
    }
    if (name === 'host') {
      yield having(at, line.replace(/:\d+$/, ''), 'the host was signed without its port');
    }
    yield having(at, `${name}:`, `the header ${name} was empty when it was signed`);
  }
}

/** Session tokens are secrets, and the canonical request may hold one. */
function compare(wanted: readonly string[], signed: readonly string[]): string {
  const shown = (line: string): string =>
    line
      .replace(/^(x-amz-security-token:).*/, '$1***')
      .replace(/(X-Amz-Security-Token=)[^&]*/, '$1***');
  return wanted
    .flatMap((line, at) =>
      line === signed[at]
        ? [`  ${shown(line)}`]
        : [`- ${shown(signed[at] ?? '')}`, `+ ${shown(line)}`],
    )
    .join('\n');
}
