import { createSigner } from '@sigv4/signer';

import { readCall, signerOptions } from '../http/call.ts';
import type { CommandDefinition } from '../options/command-definition.ts';
import { collect } from '../options/command-definition.ts';
import { duration } from '../options/duration.ts';
import { readAsked, type RequestOptions } from '../options/request-options.ts';
import {
  CALLER,
  OUTPUT,
  SIGNING,
  type CallerOptions,
  type OutputOptions,
  type SigningOptions,
} from '../options/shared-options.ts';
import { note, print, printJson } from '../output/print.ts';
import { moment } from '../output/time.ts';

interface PresignOptions extends RequestOptions, CallerOptions, SigningOptions, OutputOptions {
  readonly method?: string;
  readonly expires?: number;
}

export const presign: CommandDefinition = {
  name: 'presign',
  description:
    'Makes a URL that lets whoever has it make one request until it expires: a download, an upload, a WebSocket.',
  parameters: [['[words...]', '[METHOD] URL']],
  options: [
    {
      heading: 'What it allows:',
      rows: [
        {
          flags: '--expires <time>',
          help: 'such as 15m, at most 7d (default: 15m)',
          parse: duration('--expires'),
        },
        { flags: '--method <method>', help: 'default: GET' },
        {
          flags: '-H, --header <line>',
          help: 'header that has to be sent with it',
          parse: collect,
        },
      ],
    },
    CALLER,
    SIGNING,
    OUTPUT,
  ],
  examples: [
    [
      'A download for an hour.',
      'sigv4 presign --expires 1h https://my-bucket.s3.eu-west-1.amazonaws.com/report.pdf',
    ],
    [
      'An upload of a picture.',
      `sigv4 presign PUT -H 'content-type: image/png' https://my-bucket.s3.eu-west-1.amazonaws.com/cat.png`,
    ],
    [
      'A WebSocket API.',
      'sigv4 presign --expires 5m wss://abc123.execute-api.eu-west-1.amazonaws.com/prod',
    ],
  ],
  run: async (words, options: PresignOptions) => {
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
    if (headers.length > 0) {
      note(
        `These headers have to be sent with it: ${headers.map((pair) => pair.join(': ')).join('; ')}`,
      );
    }
    if (output === 'json') {
      printJson({ method, url: signed.href, headers: Object.fromEntries(headers), expires: end });
    } else print(signed.href);
    return 0;
  },
};
