import { verifySignature } from '@sigv4/testing';

export const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'to/ken+=',
};

/** In place of the network: a service of AWS that answers only to what is signed for it. */
export function checkedFetch(
  service: string,
  region: string,
  answer: (request: Request) => Promise<Response>,
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const verdict = await verifySignature(request.clone(), {
      service,
      region,
      keys: (id) => (id === CREDENTIALS.accessKeyId ? CREDENTIALS : undefined),
    });
    if (!verdict.ok) return Response.json({ message: verdict.reason }, { status: 403 });
    return answer(request);
  };
}
