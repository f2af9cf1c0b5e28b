export {
  createSignedFetch,
  type SignedFetch,
  type SignedFetchInit,
  type SignedFetchOptions,
} from './signed-fetch.ts';
export { explain, type Rejection } from '@sigv4/signer';
