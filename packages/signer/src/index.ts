export { createSigner, type PresignOptions, type Signer } from './signer.ts';
export type { SignerOptions, SignOptions } from './options.ts';
export type { SendOptions, Transport } from './send/attempt.ts';
export type { Answer } from './rejection/answer.ts';
export type { SignableRequest, SignedRequest } from './request/request.ts';
export type { Credentials, CredentialsProvider } from './credentials/credentials.ts';
export type { Signature, SignatureEngine, SignatureInput } from './signature/engine.ts';
export {
  presignPost,
  type PostCondition,
  type PresignedPost,
  type PresignPostOptions,
} from './s3/presign-post.ts';
export {
  signChunkedUpload,
  type ChunkedUploadOptions,
  type SignedUpload,
} from './s3/chunked-upload.ts';
export type { ChunkedUpload, Trailer } from './s3/upload.ts';
export { resolveTarget } from './target/aws-hosts.ts';
export type { Target } from './target/target.ts';
export { explain, explainRejection } from './rejection/explain.ts';
export type { Difference } from './rejection/canonical-differences.ts';
export type { Denial } from './rejection/denial.ts';
export type { Rejection, RejectionReason } from './rejection/rejection.ts';
export type { SigV4Event } from './events.ts';
export { SigV4Error, type SigV4ErrorCode } from './errors.ts';
