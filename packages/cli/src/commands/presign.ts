import { createSigner } from '@sigv4/signer';

import { readCall, signerOptions } from '../http/call.ts';
import { readAsked, type RequestOptions } from '../options/request-options.ts';
import type { CallerOptions, OutputOptions, SigningOptions } from '../options/shared-options.ts';
import { note, print, printJson } from '../output/print.ts';
import { moment } from '../output/time.ts';

interface PresignOptions extends RequestOptions, CallerOptions, SigningOptions, OutputOptions {
  readonly method?: string;
  readonly expires?: number;
}

/** What `sigv4 presign` does. */
export async function presign(words: readonly string[], options: PresignOptions): Promise<number> {
  const { method: named, expires = 900, output } = options;
  const asked = readAsked(words, { ...options, ...(named !== undefined && { request: named }) });
  const call = await readCall(asked, options);
  const { method, url, headers } = call;
  const { query: _always, ...signing } = options;
  const signed = await createSigner(signerOptions(call, signing)).presign(
    { method, url, headers },
    { expiresIn: expires },
  );
  const { expiration } = await call.caller.credentials();
  const end = new Date(Math.min(Date.now() + expires * 1000, expiration?.getTime() ?? Infinity));
  note(`Whoever has this URL can make this ${method} request until ${moment(end)}.`);
  if (!/^(?:GET|HEAD)$/.test(method) && !call.place.service.startsWith('s3')) {
    note('It is for a request without a body: only S3 takes any body with a presigned URL.');
  }
  if (headers.length > 0) {
    note(
      `These headers have to be sent with it: ${headers.map((pair) => pair.join(': ')).join('; ')}`,
    );
  }
  if (output === 'json') {
    printJson({ method, url: signed.href, headers: Object.fromEntries(headers), expires: end });
  } else print(signed.href);
  return 0;
}
