import { describeCaller, findCaller, useProfile } from '../credentials/caller.ts';
import { findRegion } from '../credentials/region.ts';
import { callerIdentity } from '../http/caller-identity.ts';
import type { CommandDefinition } from '../options/command-definition.ts';
import {
  CALLER,
  OUTPUT,
  type CallerOptions,
  type OutputOptions,
  type SigningOptions,
} from '../options/shared-options.ts';
import { print, printJson, table } from '../output/print.ts';
import { moment } from '../output/time.ts';

export const whoami: CommandDefinition = {
  name: 'whoami',
  description:
    'Tells who calls: account and ARN, where the credentials came from, when they end, and the region.',
  parameters: [],
  options: [
    CALLER,
    {
      heading: 'How it is signed:',
      rows: [{ flags: '--query', help: 'put the signature into the URL' }],
    },
    OUTPUT,
  ],
  examples: [
    ['With the credentials of this machine.', 'sigv4 whoami'],
    [
      'Can this profile assume that role?',
      'sigv4 whoami --profile dev --role-arn arn:aws:iam::222222222222:role/ops',
    ],
    ['The account alone, for a script.', 'sigv4 whoami --output json | jq -r .account'],
  ],
  run: async (_words, options: CallerOptions & SigningOptions & OutputOptions) => {
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
  },
};
