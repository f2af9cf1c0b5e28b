/** What a cache tells `onEvent`. Nothing in it is secret. */
export type CredentialsEvent =
  /** The source is asked. */
  | { readonly type: 'fetch-started' }
  /** `duration` in ms; `expiration` of the new ones, if they end. */
  | {
      readonly type: 'fetch-succeeded';
      readonly duration: number;
      readonly expiration: Date | undefined;
    }
  /** `code` is the error's `code`, else its name. */
  | {
      readonly type: 'fetch-failed';
      readonly duration: number;
      readonly code: string;
      readonly recoverable: boolean;
    }
  /** The old ones stay in use, and the source is not asked for `duration` ms. */
  | {
      readonly type: 'back-off-begun';
      readonly duration: number;
      readonly expiration: Date | undefined;
    }
  /** The old ones are in use although they have ended. Told once for each. */
  | { readonly type: 'expired-served'; readonly expiration: Date | undefined }
  /** AWS refused the cached ones. */
  | { readonly type: 'invalidated' };
