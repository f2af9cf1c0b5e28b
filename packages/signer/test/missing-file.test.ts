import { expect, test, vi } from 'vitest';

import { answer, API, testSigner } from './fixtures.ts';

// As after a new deployment, when a page asks for a chunk of the old one.
vi.mock('../src/send/resume.ts', () => {
  throw new Error('gone');
});

test('the caller gets the answer even if what reads rejections cannot be loaded', async () => {
  for (const status of [404, 403, 302]) {
    const given = answer(status, 'told');
    const got = await testSigner().send({ method: 'GET', url: API }, async () => given, {
      maxRedirects: 3,
    });
    expect(got).toBe(given);
  }
});
