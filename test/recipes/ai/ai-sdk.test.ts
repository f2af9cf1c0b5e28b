// Recipe: the AI SDK, with a provider that takes a fetch.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText } from 'ai';
import { expect, test } from 'vitest';

import { createSignedFetch, type SignedFetchOptions } from '@sigv4/fetch';

import { checkedFetch, CREDENTIALS } from './checked-fetch.ts';

function bedrock(options: SignedFetchOptions): ReturnType<typeof createOpenAICompatible> {
  const host = 'bedrock-runtime.eu-west-1.amazonaws.com';
  return createOpenAICompatible({
    name: 'bedrock',
    baseURL: `https://${host}/openai/v1`,
    fetch: createSignedFetch({ hosts: [host], ...options }),
  });
}

const service = checkedFetch('bedrock', 'eu-west-1', async () =>
  Response.json({
    id: '1',
    created: 0,
    model: 'openai.gpt-oss',
    choices: [
      { index: 0, message: { role: 'assistant', content: 'a hat' }, finish_reason: 'stop' },
    ],
  }),
);

test('the AI SDK signs by fetch', async () => {
  const provider = bedrock({ credentials: CREDENTIALS, fetch: service });
  const { text } = await generateText({
    model: provider('openai.gpt-oss'),
    prompt: 'What is on your head?',
    maxRetries: 0,
  });
  expect(text).toBe('a hat');
});
