import {
  createSigner,
  type Answer,
  type CredentialsProvider,
  type SendOptions,
  type SigV4Event,
  type SignedRequest,
  type Signer,
  type SignerOptions,
} from '@sigv4/signer';
import { verifySignature, type Verdict } from '@sigv4/testing';

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

/** As of the AWS SDK: remembers, and gives another session (`token1`, …) only if forced. */
export function renewedSessions(): CredentialsProvider & { refreshes: number } {
  const source = async (options?: { forceRefresh?: boolean }) => {
    if (options?.forceRefresh) made.refreshes += 1;
    return { ...SESSION, sessionToken: `token${made.refreshes}` };
  };
  const made = Object.assign(source, { refreshes: 0 });
  return made;
}

/** What AWS would say of a request that {@link SESSION} signed. */
export function verify(
  url: string,
  { method = 'GET', headers = {}, body }: Partial<SignedRequest> = {},
  { now = NOW, service = 'execute-api', region = 'eu-west-1' } = {},
): Verdict {
  const { origin, host } = new URL(url);
  return verifySignature(
    {
      method,
      target: url.slice(origin.length),
      rawHeaders: [['Host', host], ...Object.entries(headers)],
      body: new TextEncoder().encode(body as string | undefined),
    },
    { keys: () => SESSION, service, region, now: () => now },
  );
}

/** Why a signer sends a request unsigned; `undefined` if it signs it, or refuses to. */
export async function reasonToPass(
  options: Partial<SignerOptions>,
  request: { url: string; authorization?: string },
  sendOptions: SendOptions = {},
): Promise<string | undefined> {
  const reasons: string[] = [];
  const onEvent = (event: SigV4Event): void => {
    if (event.type === 'passed') reasons.push(event.reason);
  };
  const { url, authorization } = request;
  const headers = authorization === undefined ? {} : { authorization };
  const ways: string[] = [];
  await testSigner({ ...options, onEvent })
    .send({ method: 'GET', url, headers }, async () => (ways.push('signed'), answer(200)), {
      ...sendOptions,
      pass: async () => (ways.push('passed'), answer(200)),
    })
    .catch(() => ways.push('refused'));
  // It goes one way only, and the event tells which.
  if (ways.length !== 1 || (ways[0] === 'passed') !== (reasons.length === 1)) {
    throw new Error(`it went ${ways.join(' and ')}, and told ${JSON.stringify(reasons)}`);
  }
  return reasons[0];
}
