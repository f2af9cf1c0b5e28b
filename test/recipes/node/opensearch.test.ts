// Recipe: the OpenSearch client, by a connection of its own. The service is `es` for a domain and
// `aoss` for OpenSearch Serverless.
import { Client, Connection } from '@opensearch-project/opensearch';
import { expect, test } from 'vitest';

import { createSigner, type SignedRequest, type SignerOptions } from '@sigv4/signer';

import { recipeAws } from '../recipe-aws.ts';

type Request = Parameters<Connection['request']>;
interface Params {
  method: string;
  body?: Buffer | string | null;
  signed?: SignedRequest;
}

function signedConnection(options: SignerOptions): typeof Connection {
  const signer = createSigner(options);
  return class extends Connection {
    override request(params: Params, callback: Request[1]): ReturnType<Connection['request']> {
      let isAborted = false;
      let sending: { abort(): void } | undefined;
      const { path = '/', headers } = this.buildRequestObject(params) as {
        path?: string;
        headers: Record<string, string>;
      };
      const url = this.url.origin + path;
      const body = params.body ?? undefined;
      const send = async (): Promise<void> => {
        try {
          const signed = await signer.sign({ method: params.method, url, headers, body });
          if (!isAborted) sending = super.request({ ...params, signed } as Params, callback);
        } catch (error) {
          callback(error as Error, null);
        }
      };
      void send();
      const abort = (): void => {
        isAborted = true;
        sending?.abort();
      };
      return { abort } as ReturnType<Connection['request']>;
    }

    override buildRequestObject(params: Params): ReturnType<Connection['buildRequestObject']> {
      const { signed, ...rest } = params;
      const request = super.buildRequestObject(rest);
      if (signed === undefined) return request;
      const { pathname, search } = new URL(signed.url);
      return { ...request, path: pathname + search, headers: signed.headers };
    }
  };
}

const recipe = recipeAws([
  {
    method: 'POST',
    path: '/{index}/_search',
    handler: ({ pathParameters, query, body }) => ({
      body: {
        index: pathParameters['index'],
        query: [...query],
        asked: JSON.parse(body) as object,
      },
    }),
  },
]);

test('the OpenSearch client signs by its connection', async () => {
  const client = new Client({
    node: recipe.url,
    Connection: signedConnection(recipe.options as SignerOptions),
  });
  const { body } = await client.search({
    index: 'orders',
    q: "it's (red)",
    body: { query: { match: { sku: 'hät' } } },
  });
  expect(body).toMatchObject({
    index: 'orders',
    query: [['q', "it's (red)"]],
    asked: { query: { match: { sku: 'hät' } } },
  });
  recipe.expectSigned(1);
  await client.close();
});
