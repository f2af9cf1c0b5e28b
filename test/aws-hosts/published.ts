import { join } from 'node:path';

/** Where AWS's own SDKs send requests, and what they sign them for. `renew.ts` makes this file. */
export const FILE: string = join(import.meta.dirname, 'published.txt');

export interface PublishedPartition {
  readonly id: string;
  /** What its host names end with, and what its dual-stack ones end with. */
  readonly suffixes: readonly [suffix: string, dual: string];
  readonly regions: readonly string[];
}

/**
 * A template has `{region}`, `{suffix}`, `{dual}` (the suffix of dual-stack hosts) and `{label}`
 * (what customers choose). `signedIn` is the region of the signature, or `=` for that of the host.
 */
export interface PublishedHost {
  readonly service: string;
  readonly signingName: string;
  readonly template: string;
  readonly signedIn: string;
  readonly partition: string;
}

export interface Published {
  /** Which packages it is made of. */
  readonly sources: string;
  readonly partitions: readonly PublishedPartition[];
  readonly hosts: readonly PublishedHost[];
}

/** The sources; the partitions; a line for all templates that have all else in common. */
export function write({ sources, partitions, hosts }: Published): string {
  const places = partitions.map(({ id, suffixes, regions }) => [id, ...suffixes, ...regions]);
  const templates = Map.groupBy(hosts, ({ service, signingName, signedIn, template }) =>
    [service, signingName, signedIn, template].join(' '),
  );
  const lines = Map.groupBy(templates, ([key, same]) => {
    const ids = [...new Set(same.map(({ partition }) => partition))];
    const all = ids.length === partitions.length;
    return [...key.split(' ').slice(0, -1), all ? '*' : ids.join(',')].join(' ');
  });
  return [
    `${sources}\n`,
    ...places.map((words) => words.join(' ')),
    '',
    ...[...lines].map(([key, same]) =>
      [key, ...same.map(([, [host]]) => host?.template)].join(' '),
    ),
    '',
  ].join('\n');
}

export function read(text: string): Published {
  const [sources = '', places = '', table = ''] = text.trim().split('\n\n');
  const partitions = places.split('\n').map((line): PublishedPartition => {
    const [id = '', suffix = '', dual = '', ...regions] = line.split(' ');
    return { id, suffixes: [suffix, dual], regions };
  });
  const hosts = table.split('\n').flatMap((line) => {
    const [service = '', signingName = '', signedIn = '', ids = '', ...templates] = line.split(' ');
    const named = ids === '*' ? partitions.map(({ id }) => id) : ids.split(',');
    return named.flatMap((partition) =>
      templates.map((template) => ({ service, signingName, template, signedIn, partition })),
    );
  });
  return { sources, partitions, hosts };
}
