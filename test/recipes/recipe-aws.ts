import { afterEach, beforeEach, expect } from 'vitest';

import type { SignedFetchOptions } from '@sigv4/fetch';
import type { LocalAws, RestApiDefinition } from '@sigv4/testing';

import { CALLER, startWorld } from '../world.ts';

/** What each recipe is told: where its API is, and how its calls are signed. */
export interface RecipeAws {
  readonly url: string;
  readonly options: Pick<SignedFetchOptions, 'credentials' | 'now' | 'region' | 'service'>;
  readonly aws: LocalAws;
  /** Expects that so many requests came, and that AWS took each of them as the caller's. */
  expectSigned(count: number): void;
}

/** A local AWS for each test of a file. Without routes, its API answers with what it got. */
export function recipeAws(routes?: RestApiDefinition['routes']): RecipeAws {
  let aws: LocalAws;
  beforeEach(async () => {
    aws = await startWorld(routes && { routes });
  });
  afterEach(() => aws.close());
  return {
    get aws() {
      return aws;
    },
    get url() {
      return aws.apiUrl;
    },
    get options() {
      return {
        credentials: aws.credentialsOf(CALLER),
        service: 'execute-api',
        region: aws.region,
        now: aws.clock.now,
      };
    },
    expectSigned(count) {
      expect(aws.requests.map(({ callerArn }) => callerArn)).toEqual(
        Array.from({ length: count }, () => CALLER),
      );
      expect(aws.requests.at(-1)).toMatchObject({ verdict: 'allowed' });
    },
  };
}
