import { presignPost as makePost, type PostCondition } from '@sigv4/signer';

import { findCaller, useProfile } from '../credentials/caller.ts';
import { findPlace } from '../credentials/region.ts';
import { refuseTogether } from '../options/exclusive.ts';
import { readUrl } from '../options/request-options.ts';
import type { CallerOptions, OutputOptions } from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import { note, print, printJson } from '../output/print.ts';
import { shellWord } from '../output/shell.ts';
import { moment } from '../output/time.ts';

interface PostOptions extends CallerOptions, OutputOptions {
  readonly key: string;
  readonly bucket?: string;
  readonly field?: readonly string[];
  readonly condition?: readonly string[];
  readonly expires?: number;
  readonly html?: true;
  readonly curl?: true;
}

/** What `sigv4 presign-post` does. */
export async function presignPost(
  [url = '']: readonly string[],
  options: PostOptions,
): Promise<number> {
  const { key, bucket, html, curl, expires = 3600 } = options;
  if (key === undefined)
    throw new CliError(
      '--key is missing',
      "name the object's key, such as --key 'uploads/${filename}'",
    );
  refuseTogether(html && '--html', curl && '--curl', options.output === 'json' && '--output json');
  useProfile(options);
  const place = await findPlace(readUrl(url), { ...options, service: 's3' });
  const caller = await findCaller(options, place.region.name);
  const post = await makePost({
    url: readUrl(url),
    region: place.region.name,
    credentials: caller.credentials,
    key,
    bucket,
    fields: Object.fromEntries((options.field ?? []).map(readField)),
    conditions: (options.condition ?? []).map(readCondition),
    expiresIn: expires,
  });
  const { expiration } = await caller.credentials();
  const end = new Date(Math.min(Date.now() + expires * 1000, expiration?.getTime() ?? Infinity));
  note(`Whoever has this can upload until ${moment(end)}.`);
  if (html) print(page(post));
  else if (curl) print(curlLine(post));
  else printJson(post);
  return 0;
}

function readField(text: string): readonly [string, string] {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined) return [name, value];
  throw new CliError(
    `--field: expected name=value, got ${JSON.stringify(text)}`,
    'put a name and = before the value',
  );
}

function readCondition(text: string): PostCondition {
  try {
    return JSON.parse(text) as PostCondition;
  } catch (cause) {
    throw new CliError(
      `--condition: expected JSON, got ${JSON.stringify(text)}`,
      `write it as S3 does: '["starts-with", "$Content-Type", "image/"]'`,
      { cause },
    );
  }
}

type Post = Awaited<ReturnType<typeof makePost>>;

/** The file has to be the last field. */
function page({ url, fields }: Post): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) =>
      `  <input type="hidden" name="${attribute(name)}" value="${attribute(value)}">`,
  );
  return [
    '<!doctype html>',
    '<meta charset="utf-8">',
    `<form action="${attribute(url)}" method="post" enctype="multipart/form-data">`,
    ...inputs,
    '  <input type="file" name="file" required>',
    '  <button>Upload</button>',
    '</form>',
  ].join('\n');
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

function curlLine({ url, fields }: Post): string {
  // --form-string takes a value as it is, also one that begins with @ or has a semicolon.
  const forms = Object.entries(fields).flatMap(([name, value]) => [
    '--form-string',
    `${name}=${value}`,
  ]);
  return ['curl', ...forms, '-F', 'file=@FILE', url].map(shellWord).join(' ');
}
