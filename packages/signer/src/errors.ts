/** What went wrong. A code keeps its meaning across releases. */
export type SigV4ErrorCode =
  /** The credentials lack a field, or a field holds what no HTTP header can carry. */
  | 'ERR_SIGV4_CREDENTIALS'
  /** The region is neither named, nor in the host name, nor in the environment or the profile. */
  | 'ERR_SIGV4_REGION'
  /** The host is one of AWS, but its name does not tell the service, and nobody named it. */
  | 'ERR_SIGV4_SERVICE'
  /** The URL cannot be signed: it is not absolute, not http(s), or holds a user name or password. */
  | 'ERR_SIGV4_URL'
  /** `unsigned: 'error'`: the request is not one of those to be signed. */
  | 'ERR_SIGV4_UNSIGNED'
  /** The request would go over http: to another machine. */
  | 'ERR_SIGV4_INSECURE'
  /** A redirect leaves the origin, cannot be read, or is one too many. */
  | 'ERR_SIGV4_REDIRECT'
  /** The body has no bytes to sign, or it is a stream of too many. */
  | 'ERR_SIGV4_BODY'
  /** This runtime has no WebCrypto: a page that came over http:, or React Native. */
  | 'ERR_SIGV4_CRYPTO';

/**
 * We declined to send a request, or to send it again, because it could not be signed safely.
 * The message says which field is at fault and what to do; it never holds a secret.
 * Misuse of the API itself (a wrong option) is a plain `TypeError`.
 */
export class SigV4Error extends Error {
  override readonly name = 'SigV4Error';
  readonly code: SigV4ErrorCode;

  constructor(code: SigV4ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
knownToCopies(SigV4Error, '@sigv4: SigV4Error');

/**
 * Has `instanceof` hold for the errors of all copies of a class: a program can load a package
 * twice, as ES modules and as CommonJS, or in two versions. Subclasses are judged as ever.
 *
 * @param name of the class, since a minifier renames it
 */
export function knownToCopies(type: { readonly prototype: object }, name: string): void {
  const brand = Symbol.for(name);
  Object.defineProperty(type.prototype, brand, {});
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: typeof type, error: unknown): boolean {
      return this === type ? brand in Object(error) : this.prototype.isPrototypeOf(error as object);
    },
  });
}

/** A value as an error message shows it: short, and never an object's content. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) {
    // Only one level is shown, because an array can contain itself.
    return `[${value
      .slice(0, 9)
      .map((item) => (Array.isArray(item) ? 'an array' : shown(item)))
      .join(', ')}]`;
  }
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
