import { createSigner, type Answer, type Signer, type SignerOptions } from '@sigv4/signer';

export const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
export const SESSION = {
  ...CREDENTIALS,
  accessKeyId: 'ASIDEXAMPLE',
  sessionToken: 'token/of+session==',
};
export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
export const API = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders';

export function testSigner(options: Partial<SignerOptions> = {}): Signer {
  return createSigner({ credentials: CREDENTIALS, now: () => NOW, ...options });
}

/** An answer of API Gateway. */
export function answer(
  status: number,
  message = '',
  headers: Record<string, string> = {},
): Answer & Response {
  return new Response(status === 204 ? null : JSON.stringify({ message }), { status, headers });
}
