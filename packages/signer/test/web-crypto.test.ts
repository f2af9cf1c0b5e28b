import { afterEach, expect, test, vi } from 'vitest';

import { API, testSigner } from './fixtures.ts';

vi.mock('#hash', () => import('../src/platform/hash-web.ts'));

afterEach(() => vi.unstubAllGlobals());

// Browsers have none in pages that came over http:.
test('where there is no crypto.subtle, the call fails, and nothing beside it', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  vi.stubGlobal('crypto', {});
  await expect(testSigner().sign({ method: 'GET', url: API })).rejects.toMatchObject({
    code: 'ERR_SIGV4_CRYPTO',
    message: expect.stringMatching(/secure contexts.*polyfill/),
  });
  // Node tells of unhandled rejections once its microtasks are done.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
