export {
  createSignedFetch,
  type SignedFetch,
  type SignedFetchInit,
  type SignedFetchOptions,
} from './signed-fetch.ts';
