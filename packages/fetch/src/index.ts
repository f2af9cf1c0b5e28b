export { createRequestSigner, type RequestSignerOptions } from './request-signer.ts';
export {
  createSignedFetch,
  type SignedFetch,
  type SignedFetchInit,
  type SignedFetchOptions,
} from './signed-fetch.ts';
export type { Rejection } from '@sigv4/signer';
export { explain } from '@sigv4/signer/client';
