import { expect, test } from 'vitest';

import { hiddenRedirect } from '@sigv4/signer/client';

test('names the host, and nothing of a URL that may bear a signature', () => {
  const error = hiddenRedirect('https://api.example:8443/orders/7?X-Amz-Signature=abc');
  expect(error).toMatchObject({ name: 'SigV4Error', code: 'ERR_SIGV4_REDIRECT' });
  expect(error.message).toContain('api.example:8443 redirected');
  expect(error.message).not.toMatch(/orders|X-Amz-Signature|abc/);
});
