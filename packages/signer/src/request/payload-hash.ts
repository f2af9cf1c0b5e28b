/** SHA-256 of nothing: what most requests have as body. */
export const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** In the place of a hash: the body is no part of the signature. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
