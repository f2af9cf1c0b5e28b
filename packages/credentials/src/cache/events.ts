/** What a cache tells `onEvent`. It holds no secret and no access key. Durations are in ms. */
export type CredentialsEvent =
  /** The source is asked. */
  | { readonly type: 'fetch-started' }
  /** New credentials are in use. `expiration` is when they end, if they do. */
  | {
      readonly type: 'fetch-succeeded';
      readonly duration: number;
      readonly expiration: Date | undefined;
    }
  /** The source failed. `code` is the error's `code`, else its name. */
  | {
      readonly type: 'fetch-failed';
      readonly duration: number;
      readonly code: string;
      readonly recoverable: boolean;
    }
  /** The old credentials stay in use, and the source is not asked for `duration` ms. */
  | {
      readonly type: 'back-off-begun';
      readonly duration: number;
      readonly expiration: Date | undefined;
    }
  /** Credentials are in use past their end. This is told once for each of them. */
  | { readonly type: 'expired-served'; readonly expiration: Date | undefined }
  /** AWS refused the cached credentials. */
  | { readonly type: 'invalidated' };
