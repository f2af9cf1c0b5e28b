/**
 * AWS credentials. Accepts, and can be used as, the AWS SDK's `AwsCredentialIdentity`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html
 */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only temporary credentials have one. It is sent as `x-amz-security-token`. */
  readonly sessionToken?: string;
  /** When they end. Without it they are taken to last. */
  readonly expiration?: Date;
}

/**
 * Gives credentials each time it is asked. Every provider of the AWS SDK is one.
 *
 * - `forceRefresh`: do not answer from a cache.
 * - `signal`: the caller no longer waits. Work that others wait for too goes on.
 */
export type CredentialsProvider = (options?: {
  forceRefresh?: boolean;
  signal?: AbortSignal;
  // oxlint-disable-next-line no-explicit-any -- never given; without it TypeScript finds nothing in common with what some of the SDK's providers take
  callerClientConfig?: any;
}) => Promise<Credentials>;

/** Whether two credentials belong to one session. */
export function isSameSession(a: Credentials, b: Credentials): boolean {
  return a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken;
}
