import { join } from 'node:path';

import type { PublishedHost } from './published.ts';

/** The table that ships. It is made of what is published, by `renew.ts`. */
export const SIGNING_NAMES_FILE: string = join(
  import.meta.dirname,
  '../../packages/signer/src/target/signing-names.ts',
);

/** `{prefix}.{region}.{suffix}`, where the region is that of the signature or another one. */
const REGIONAL =
  /^([a-z0-9.-]+)\.(?:\{region\}|[a-z]{2,4}(?:-[a-z]+)+-\d+)\.(?:\{suffix\}|\{dual\}|api\.aws)$/;

/**
 * The source of the table: what hosts begin with, where that is not the signing name or has a dot.
 * A prefix is left out if it belongs to several names, or is signed for another region than its own.
 */
export function signingNames(hosts: readonly PublishedHost[]): string {
  const names = new Map<string, Set<string>>();
  for (const { signingName, template, signedIn } of hosts) {
    const prefix = REGIONAL.exec(template)?.[1]?.replace(/-fips|^fips\./, '');
    if (prefix === undefined) continue;
    const signedFor = signedIn === '=' ? signingName : `${signingName} in ${signedIn}`;
    names.set(prefix, (names.get(prefix) ?? new Set()).add(signedFor));
  }
  const lines = new Map<string, string[]>();
  for (const [prefix, [name = '', other]] of names) {
    if (other !== undefined || prefix === name) continue;
    const short = prefix.split(name).length === 2 ? prefix.replace(name, '*') : prefix;
    lines.set(name, [...(lines.get(name) ?? []), short]);
  }
  const sorted = [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const table = sorted.map(([name, prefixes]) => [name, ...prefixes.toSorted()].join(' '));
  return `// Made by \`pnpm run renew:hosts\` of what AWS publishes; change it there.

/**
 * Signing names, and what the hosts of these services begin with where that is another name or has
 * a dot; \`*\` stands for the signing name.
 */
export const SIGNING_NAMES = \`
${table.join('\n')}
\`;
`;
}
