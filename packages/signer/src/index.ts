export { createSigner, type Signer } from './signer.ts';
export type { SignerOptions } from './signer-options.ts';
export type { Answer } from './answer.ts';
export type { SendOptions } from './send.ts';
export type { PresignOptions, SignableRequest, SignedRequest, SignOptions } from './request.ts';
export type { Signature, SignatureEngine, SignatureInput } from './engine.ts';
export { bufferLimit, contentAtHand, readContent, type Content } from './content.ts';
export { orAborted } from './abort.ts';
export type { Credentials, CredentialsProvider } from './credentials.ts';
export {
  presignPost,
  type PostCondition,
  type PresignedPost,
  type PresignPostOptions,
} from './presign-post.ts';
export {
  signChunkedUpload,
  type ChunkedUpload,
  type ChunkedUploadOptions,
  type SignedUpload,
  type Trailer,
} from './chunked-upload.ts';
export { resolveTarget } from './service-hosts.ts';
export type { Target } from './target.ts';
export { explainRejection } from './explain.ts';
export { explain, mayBeRefusal, redactedText, standsFor } from './refusals.ts';
export { isProxied, mayBeProxied } from './env-proxy.ts';
export { hiddenRedirect } from './hidden-redirect.ts';
export type { Difference } from './canonical-difference.ts';
export type { Denial } from './denial.ts';
export type { Rejection, RejectionReason } from './rejection.ts';
export type { SigV4Event } from './events.ts';
export { SigV4Error, type SigV4ErrorCode } from './errors.ts';
