import type { Credentials, CredentialsProvider } from './credentials.ts';
import { inWords } from './refusal.ts';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html */
export type PostCondition =
  | readonly ['eq' | 'starts-with', field: `$${string}`, value: string]
  | readonly ['content-length-range', min: number, max: number]
  | Readonly<Record<string, string>>;

export interface PresignPostOptions {
  /** Of the bucket: `https://bucket.s3.eu-west-1.amazonaws.com/`. */
  readonly url: URL | string;
  readonly region: string;
  readonly credentials: Credentials | CredentialsProvider;
  /** The object's key; `${filename}` at its end stands for the name of the uploaded file. */
  readonly key: string;
  /** Default: not part of the policy; the URL tells it. */
  readonly bucket?: string | undefined;
  /** What the form must fulfil, beside having the fields as they are here. */
  readonly conditions?: readonly PostCondition[] | undefined;
  /** More fields: `acl`, `Content-Type`, `success_action_redirect`, `x-amz-meta-…`. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  /** Seconds, 1 to 604,800. Default: 3600. */
  readonly expiresIn?: number | undefined;
  /** Default: now. */
  readonly date?: Date | undefined;
}

/** What a form has to have: its address and its fields, before the field `file`. */
export interface PresignedPost {
  readonly url: string;
  readonly fields: Record<string, string>;
}

/**
 * Lets a browser upload to S3 by an HTML form or FormData, within what the policy allows.
 *
 * @throws {TypeError} a wrong option, or a condition that contradicts the fields
 * @throws {SigV4Error} ERR_SIGV4_URL, ERR_SIGV4_CREDENTIALS
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
export function presignPost(options: PresignPostOptions): Promise<PresignedPost> {
  // What the caller changes from here on is too late.
  const asked = { ...options };
  return inWords(async () => {
    // Not loaded by those who sign no forms.
    const { signForm } = await import('./post-policy.ts');
    return signForm(asked);
  });
}
