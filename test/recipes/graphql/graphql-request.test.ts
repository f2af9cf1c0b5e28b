// Recipe: graphql-request. For AppSync the service and the region follow from the host name.
import { GraphQLClient } from 'graphql-request';
import { expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';
import { GRAPHQL, QUERY } from './answer.ts';

const recipe = recipeAws(GRAPHQL);

test('graphql-request signs by fetch', async () => {
  const client = new GraphQLClient(`${recipe.url}/graphql`, {
    fetch: createSignedFetch(recipe.options),
  });
  expect(await client.request(QUERY, { id: 'ü' })).toMatchObject({ order: { id: 'ü' } });
  recipe.expectSigned(1);
});
