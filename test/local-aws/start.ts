import { createSignedFetch } from '@sigv4/fetch';
import {
  startLocalAws,
  type ApiDefinition,
  type LocalAws,
  type LocalAwsOptions,
} from '@sigv4/testing';

import { allow, CALLER, OTHER, OWN } from '../world.ts';

/** One account with a service that may do everything and an intern who may do nothing; another. */
export function startWith(
  apis: Record<string, ApiDefinition>,
  more: LocalAwsOptions = {},
): Promise<LocalAws> {
  return startLocalAws({
    accounts: {
      [OWN]: { users: { 'order-service': { policies: [allow('*')] }, intern: {} } },
      [OTHER]: {},
    },
    apis,
    ...more,
  });
}

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
