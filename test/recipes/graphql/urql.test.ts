// Recipe: urql.
import { Client, fetchExchange, gql } from '@urql/core';
import { expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';
import { GRAPHQL, QUERY } from './answer.ts';

const recipe = recipeAws(GRAPHQL);

test('urql signs by fetch', async () => {
  const client = new Client({
    url: `${recipe.url}/graphql`,
    exchanges: [fetchExchange],
    preferGetMethod: false,
    fetch: createSignedFetch(recipe.options),
  });
  const { data, error } = await client.query(gql(QUERY), { id: '7' }).toPromise();
  expect(error).toBeUndefined();
  expect(data).toMatchObject({ order: { id: '7' } });
  recipe.expectSigned(1);
});
