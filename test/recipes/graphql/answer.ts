import type { RestApiDefinition } from '@sigv4/testing';

/** A GraphQL API, such as AppSync's, that answers each query with its variables. */
export const GRAPHQL: RestApiDefinition['routes'] = [
  {
    method: 'POST',
    path: '/graphql',
    handler: ({ body }) => {
      const { variables } = JSON.parse(body) as { variables: { id: string } };
      return {
        body: { data: { order: { __typename: 'Order', id: variables.id, sku: 'hat' } } },
      };
    },
  },
];

export const QUERY = 'query Order($id: ID!) { order(id: $id) { id sku } }';
