// Recipe: Apollo Client.
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client/core';
import { expect, test } from 'vitest';

import { createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';
import { GRAPHQL, QUERY } from './answer.ts';

const recipe = recipeAws(GRAPHQL);

test('Apollo signs by fetch', async () => {
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: new HttpLink({
      uri: `${recipe.url}/graphql`,
      fetch: createSignedFetch(recipe.options),
    }),
  });
  const { data } = await client.query({ query: gql(QUERY), variables: { id: '7' } });
  expect(data).toMatchObject({ order: { id: '7', sku: 'hat' } });
  recipe.expectSigned(1);
});
