// Authors of clients need these; docs/guides/own-client.md tells how to use them. A client that
// imports nothing else of this package loads no more than it needs.
export { createSigner, type Signer } from './signer.ts';
export { knownToCopies, SigV4Error } from './errors.ts';
export { explain } from './rejection/explain.ts';
export {
  CapturedRequest,
  type CapturedBody,
  type SignedRequest,
  type UnreadBody,
} from './request/request.ts';
export { headerRecord, type GivenHeaders, type HeaderRecord } from './request/headers.ts';
export { bufferLimit, contentAtHand, type Content, type ReadOptions } from './request/content.ts';
export { readContent } from './request/read-content.ts';
export { orAborted } from './platform/abort.ts';
export { emptyRecord } from './empty-record.ts';
export { hiddenRedirect } from './send/hidden-redirect.ts';
export { mayBeRejection } from './rejection/answer.ts';
export { printable, quotedSecrets, standsFor } from './rejection/explain.ts';
export type { QuotedSecrets } from './rejection/read-rejection.ts';
export type { Redaction } from './rejection/redaction.ts';
export {
  checkOption,
  field,
  FLAG,
  FUNCTION,
  matching,
  oneOf,
  readOptions,
  type OptionRule,
  type OptionRules,
} from './check-options.ts';
export { readSignOptions, SIGN_OPTIONS, SIGNER_OPTIONS } from './options.ts';

// Authors of credentials providers need these.
export { checkCredentials } from './credentials/check-credentials.ts';
export { serverAhead } from './rejection/server-ahead.ts';
export { urlOrNone } from './request/url.ts';
export { isProxied, mayBeProxied } from './target/env-proxy.ts';
export { isLoopback } from './target/loopback.ts';
export { homeRegion, partitionOf, type Partition } from './target/partition.ts';
export { quietListener } from './quiet-listener.ts';
