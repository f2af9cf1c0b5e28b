// What we read in host names, beside where AWS's own SDKs send requests and what they sign for.
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { resolveTarget } from '@sigv4/signer';

import { FILE, read, type PublishedHost } from './published.ts';
import { SIGNING_NAMES_FILE, signingNames } from './signing-names.ts';

const { partitions, hosts } = read(readFileSync(FILE, 'utf8'));

/** Published hosts that we leave out on purpose, and why. */
const LEFT_OUT: readonly (readonly [reason: string, host: RegExp, partition?: string])[] = [
  [
    'two signing names have it: that of Location and that of its second API',
    /^(maps|places|routes)\.geo/,
  ],
  ['it is signed for another region than the one in its name', /^api\.sustainability\./],
  ['people sign in to the console there', /^\{region\}\.(oauth\.)?signin|^signin-fips\.amazonaws-/],
  ['the partition aws has the same one', /^(budgets|cloudfront)(-fips)?\.\{/, 'aws-us-gov'],
];

function reasonOf({ template, partition }: PublishedHost): string | undefined {
  return LEFT_OUT.find(
    ([, host, only]) => host.test(template) && (only === undefined || only === partition),
  )?.[0];
}

/** The host names that a template stands for, each with the region of its signature. */
function* expanded({ template, signedIn, partition }: PublishedHost): Generator<[string, string]> {
  const { suffixes, regions } = partitions.find(({ id }) => id === partition) ?? {
    suffixes: ['', ''],
    regions: [],
  };
  for (const region of template.includes('{region}') ? regions : [signedIn]) {
    yield [
      template
        .replace('{region}', region)
        .replace('{suffix}', suffixes[0])
        .replace('{dual}', suffixes[1])
        .replace('{label}', '111122223333'),
      region,
    ];
  }
}

/** What is read in a host name, where that is not `right`. */
function wrong(host: PublishedHost, right: (region: string) => object | undefined): string[] {
  return [...expanded(host)].flatMap(([hostname, region]) => {
    const told = JSON.stringify(resolveTarget(`https://${hostname}/`));
    const expected = JSON.stringify(right(region));
    return told === expected ? [] : [`${hostname}: ${told}, not ${expected}`];
  });
}

test('every host to which AWS sends requests is read as AWS signs for it, in all partitions', () => {
  const known = hosts.filter((host) => reasonOf(host) === undefined);
  expect(new Set(known.map(({ service }) => service)).size).toBeGreaterThan(400);
  expect(new Set(known.map(({ partition }) => partition)).size).toBe(partitions.length);
  const faults = known.flatMap((host) =>
    wrong(host, (region) => ({ service: host.signingName, region })),
  );
  expect(faults).toEqual([]);
});

test.each(LEFT_OUT)('left out, because %s', (reason, _host, partition) => {
  const left = hosts.filter((host) => reasonOf(host) === reason);
  expect(left).not.toEqual([]);
  // What `aws` has is read as that of `aws`; all else is not guessed.
  if (partition !== undefined) return;
  expect(left.flatMap((host) => wrong(host, () => undefined))).toEqual([]);
});

test('the table that ships is made of what is published', () => {
  expect(readFileSync(SIGNING_NAMES_FILE, 'utf8')).toBe(signingNames(hosts));
});
