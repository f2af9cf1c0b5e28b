import { expect, test, vi } from 'vitest';

import { assumeRole, type CachedCredentials } from '@sigv4/credentials';

const SOURCE = { accessKeyId: 'USER', secretAccessKey: 's' };
const NOW = Date.UTC(2026, 0, 1);

const roleArn = (level: number): string =>
  `arn:aws:iam::${100_000_000_000 + level}:role/level-${level}`;

/** An STS that names each session after its role and its caller; it refuses one role. */
function chainOf(depth: number, refused?: string): { get: CachedCredentials; fetch: typeof fetch } {
  const fetch = vi.fn<typeof globalThis.fetch>(async (_url, init) => {
    const role = new URLSearchParams(init?.body as string).get('RoleArn') ?? '';
    if (role === refused) {
      return new Response('<Error><Code>AccessDenied</Code><Message>no</Message></Error>', {
        status: 403,
      });
    }
    const authorization = new Headers(init?.headers).get('authorization') ?? '';
    const caller = /Credential=([^/]+)/.exec(authorization)?.[1] ?? '';
    return new Response(
      `<Credentials><AccessKeyId>${caller}-${role.slice(-1)}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration></Credentials>`,
    );
  });
  let source: CachedCredentials | typeof SOURCE = SOURCE;
  for (let level = 1; level <= depth; level += 1) {
    source = assumeRole({ roleArn: roleArn(level), source, fetch, now: () => NOW });
  }
  return { get: source as CachedCredentials, fetch };
}

test('six roles, each assumed by the one before: one call of each, however many wait', async () => {
  const { get, fetch } = chainOf(6);
  const all = await Promise.all(Array.from({ length: 100 }, () => get()));
  expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['USER-1-2-3-4-5-6']));
  expect(fetch).toHaveBeenCalledTimes(6);
});

test('a role in the middle that is refused: the error names it', async () => {
  const { get } = chainOf(6, roleArn(3));
  await expect(get()).rejects.toMatchObject({
    code: 'AccessDenied',
    recoverable: false,
    roleArn: roleArn(3),
  });
});
