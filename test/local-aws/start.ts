import { createSignedFetch } from '@sigv4/fetch';
import {
  startLocalAws,
  type AccountDefinition,
  type ApiDefinition,
  type LocalAws,
  type LocalAwsOptions,
} from '@sigv4/testing';

import { allow, CALLER, OTHER, OWN, policy } from '../world.ts';

/**
 * The two accounts that these tests share: one has a service that may do everything and an intern
 * who may do nothing; the other has a role that the service can assume, to call any API.
 */
export const ACCOUNTS: Readonly<Record<string, AccountDefinition>> = {
  [OWN]: { users: { 'order-service': { policies: [allow('*')] }, intern: {} } },
  [OTHER]: {
    roles: {
      'orders-invoke': {
        trust: policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' }),
        policies: [allow('execute-api:Invoke')],
      },
    },
  },
};

export function startWith<Api extends string>(
  apis: Record<Api, ApiDefinition>,
  more: LocalAwsOptions<Api> = {},
): Promise<LocalAws<Api>> {
  return startLocalAws({ accounts: ACCOUNTS, apis, ...more });
}

/** A fetch that signs as a user, and does not try again. */
export function fetchAs(
  aws: Pick<LocalAws, 'credentialsOf' | 'region' | 'clock'>,
  user: string = CALLER,
  more: Parameters<typeof createSignedFetch>[0] = {},
): ReturnType<typeof createSignedFetch> {
  return createSignedFetch({
    credentials: aws.credentialsOf(user),
    region: aws.region,
    now: aws.clock.now,
    retryRejected: false,
    clockSkewCorrection: false,
    ...more,
  });
}
