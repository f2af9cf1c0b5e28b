// Recipe: the MCP SDK's streamable HTTP transport, for a server behind IAM: an API, a function URL, or
// Bedrock AgentCore (its runtime and its gateway).
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, test } from 'vitest';

import { createSignedFetch, type SignedFetchOptions } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';
import { checkedFetch, CREDENTIALS } from './checked-fetch.ts';
import { mcpAnswer } from './mcp-server.ts';

async function connect(url: string, options: SignedFetchOptions): Promise<Client> {
  const client = new Client({ name: 'order-service', version: '1.0.0' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { fetch: createSignedFetch(options) }),
  );
  return client;
}

const recipe = recipeAws([
  {
    method: 'POST',
    path: '/mcp',
    handler: ({ body }) => mcpAnswer(body),
  },
  { method: 'GET', path: '/mcp', handler: () => ({ status: 405 }) },
]);

test('an MCP server behind API Gateway', async () => {
  const client = await connect(`${recipe.url}/mcp`, recipe.options);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['stock']);
  const { content } = await client.callTool({ name: 'stock', arguments: {} });
  expect(content).toEqual([{ type: 'text', text: '3 hats' }]);
  await client.close();
  expect(recipe.aws.requests.map(({ verdict }) => verdict)).not.toContain('refused');
});

test('an MCP server on Bedrock AgentCore', async () => {
  const arn = 'arn:aws:bedrock-agentcore:eu-west-1:111111111111:runtime/orders-Ab1';
  const paths: string[] = [];
  const agentCore = checkedFetch('bedrock-agentcore', 'eu-west-1', async (request) => {
    paths.push(new URL(request.url).pathname);
    if (request.method !== 'POST') return new Response(null, { status: 405 });
    const { status, body } = mcpAnswer(await request.text());
    return body ? Response.json(body, { status }) : new Response(null, { status });
  });
  const client = await connect(
    `https://bedrock-agentcore.eu-west-1.amazonaws.com/runtimes/${encodeURIComponent(arn)}/invocations?qualifier=DEFAULT`,
    { credentials: CREDENTIALS, fetch: agentCore },
  );
  expect((await client.listTools()).tools).toHaveLength(1);
  expect(new Set(paths)).toEqual(new Set([`/runtimes/${encodeURIComponent(arn)}/invocations`]));
  await client.close();
});
