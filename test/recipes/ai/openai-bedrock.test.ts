// Recipe: OpenAI's client on Bedrock. It insists on an API key and sends it as `Authorization`, so
// name the host: a host in `hosts` is signed whatever Authorization there is.
import OpenAI from 'openai';
import { expect, test } from 'vitest';

import { createSignedFetch, type SignedFetchOptions } from '@sigv4/fetch';

import { checkedFetch, CREDENTIALS } from './checked-fetch.ts';

function bedrock(options: SignedFetchOptions): OpenAI {
  const host = 'bedrock-runtime.eu-west-1.amazonaws.com';
  return new OpenAI({
    apiKey: 'not-used',
    baseURL: `https://${host}/openai/v1`,
    fetch: createSignedFetch({ hosts: [host], ...options }),
  });
}

const asked: unknown[] = [];
const service = checkedFetch('bedrock', 'eu-west-1', async (request) => {
  asked.push([new URL(request.url).pathname, await request.json()]);
  const message = { role: 'assistant', content: 'a hat' };
  return Response.json({ id: '1', choices: [{ index: 0, message, finish_reason: 'stop' }] });
});

test("OpenAI's client is signed, whatever its API key", async () => {
  const client = bedrock({ credentials: CREDENTIALS, fetch: service });
  const messages = [{ role: 'user' as const, content: 'What is on your head?' }];
  const { choices } = await client.chat.completions.create({ model: 'openai.gpt-oss', messages });
  expect(choices[0]?.message.content).toBe('a hat');
  expect(asked).toMatchObject([['/openai/v1/chat/completions', { messages }]]);
});
