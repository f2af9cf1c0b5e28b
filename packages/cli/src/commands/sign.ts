import { createSigner, type SignedRequest } from '@sigv4/signer';

import { bytesOf, isFile, type Body } from '../http/body.ts';
import { readCall, signerOptions } from '../http/call.ts';
import { refuseTogether } from '../options/exclusive.ts';
import { readAsked, type RequestOptions } from '../options/request-options.ts';
import type { CallerOptions, OutputOptions, SigningOptions } from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import { note, print, printJson } from '../output/print.ts';
import { shownCanonical } from '../output/secrets.ts';
import { shellWord } from '../output/shell.ts';

interface SignOptions extends RequestOptions, CallerOptions, SigningOptions, OutputOptions {
  readonly curl?: true;
  readonly canonical?: true;
  readonly expires?: number;
}

/** What `sigv4 sign` does. */
export async function sign(words: readonly string[], options: SignOptions): Promise<number> {
  refuseTogether(options.curl && '--curl', options.canonical && '--canonical');
  refuseTogether(options.curl && '--curl', options.output === 'json' && '--output json');
  if (options.expires !== undefined && !options.query) {
    throw new CliError(
      '--expires: headers are good for five minutes, whatever is asked',
      'add --query, or leave it out',
    );
  }
  const call = await readCall(readAsked(words, options), options);
  const { method, url, headers, body } = call;
  const bytes = body && (await bytesOf(body.content));
  const signed = await createSigner(signerOptions(call, options)).sign(
    { method, url, headers, body: bytes },
    { expiresIn: options.expires },
  );
  if (options.canonical) return printCanonical(signed, options);
  note(
    'This is signed, and may hold a session token: whoever has it can send the request while it is good.',
  );
  if (options.output === 'json') {
    printJson({ request: { method: signed.method, url: signed.url, headers: signed.headers } });
  } else if (options.curl) print(curlLine(signed, body, bytes));
  else if (options.query) print(signed.url);
  else for (const [name, value] of Object.entries(signed.headers)) print(`${name}: ${value}`);
  return 0;
}

function printCanonical(signed: SignedRequest, { output }: SignOptions): number {
  const canonicalRequest = shownCanonical(signed.canonicalRequest);
  const { stringToSign } = signed;
  if (canonicalRequest !== signed.canonicalRequest) {
    note(
      'The session token is hidden, so that the hash of this text is not the one in the string to sign.',
    );
  }
  if (output === 'json') printJson({ canonicalRequest, stringToSign });
  else print(`Canonical request:\n${canonicalRequest}\n\nString to sign:\n${stringToSign}`);
  return 0;
}

function curlLine(
  { method, url, headers }: SignedRequest,
  body: Body | undefined,
  bytes: Uint8Array | undefined,
): string {
  // With -X HEAD, curl would wait for a body.
  const words = ['curl', ...(method === 'HEAD' ? ['-I'] : ['-X', method]), url];
  for (const [name, value] of Object.entries(headers)) {
    if (name !== 'host') words.push('-H', value === '' ? `${name};` : `${name}: ${value}`);
  }
  if (body !== undefined && bytes !== undefined) {
    // curl would add one of its own, which is not signed.
    if (!('content-type' in headers)) words.push('-H', 'content-type:');
    words.push('--data-binary', isFile(body.content) ? `@${body.content.path}` : textOf(bytes));
  }
  return words.map(shellWord).join(' ');
}

/** @throws {CliError} if no command line can hold it */
function textOf(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes('\0') && !text.startsWith('@')) return text;
  } catch {
    // It is no text.
  }
  throw new CliError(
    '--curl: a command line cannot hold this body',
    'put it into a file, and give it with --data-binary @file',
  );
}
