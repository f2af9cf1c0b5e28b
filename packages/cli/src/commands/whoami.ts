import { describeCaller, findCaller, useProfile } from '../credentials/caller.ts';
import { findRegion } from '../credentials/region.ts';
import { callerIdentity } from '../http/caller-identity.ts';
import type { CallerOptions, OutputOptions, SigningOptions } from '../options/shared-options.ts';
import { print, printJson, table } from '../output/print.ts';
import { moment } from '../output/time.ts';

/** What `sigv4 whoami` does. */
export async function whoami(
  _words: readonly string[],
  options: CallerOptions & SigningOptions & OutputOptions,
): Promise<number> {
  useProfile(options);
  const region = await findRegion(options.region);
  const caller = await findCaller(options, region?.name);
  const identity = await callerIdentity(caller, region?.name, options);
  const { accessKeyId, expiration } = await caller.credentials();
  if (options.output === 'json') {
    printJson({
      ...identity,
      credentials: {
        kind: caller.source.kind,
        from: caller.source.words,
        roles: caller.roles,
        accessKeyId,
        expiration: expiration ?? null,
      },
      region: region ?? null,
    });
    return 0;
  }
  const { account, arn, userId } = identity;
  print(
    table([
      ['account', account],
      ['arn', arn],
      ['user id', userId],
      ['credentials', `from ${describeCaller(caller)}`],
      ['access key', accessKeyId],
      ['end', expiration ? moment(expiration) : 'never, as far as is known'],
      [
        'region',
        region
          ? `${region.name}, from ${region.from}`
          : 'none: name it with --region or AWS_REGION',
      ],
    ]),
  );
  return 0;
}
