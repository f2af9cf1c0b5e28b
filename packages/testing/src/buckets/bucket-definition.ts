import type { PolicyDocument } from '../iam/policy-document.ts';

/** A bucket of Amazon S3, whose objects are in memory. */
export interface BucketDefinition {
  /** The account that owns it. */
  readonly account: string;
  /** Default: the region of the local AWS. */
  readonly region?: string;
  /** Bucket policies; all of their statements count. They can open the bucket to everyone. */
  readonly policies?: readonly PolicyDocument[];
  /** Rules for browsers, as AWS's console and CLI have them. Default: none, so pages are refused. */
  readonly cors?: readonly CorsRule[];
  /** What is in it at the start, by key. */
  readonly objects?: Readonly<Record<string, ObjectDefinition>>;
  /** The alias of a Multi-Region Access Point that leads here: `mfzwi23gnjvgw.mrap`. */
  readonly multiRegionAccessPoint?: string;
  /** How many bytes its objects may have together. Default: 268435456. */
  readonly maxBytes?: number;
}

/** An object that is there at the start. */
export interface ObjectDefinition {
  /** Text or bytes. */
  readonly body: string | Uint8Array;
  /** Default: `binary/octet-stream`. */
  readonly contentType?: string;
  /** What answers have as `x-amz-meta-…`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
export interface CorsRule {
  /** `https://app.example.com`; with one `*` at most. */
  readonly AllowedOrigins: readonly string[];
  /** `GET`, `PUT`, `POST`, `DELETE`, `HEAD`. */
  readonly AllowedMethods: readonly string[];
  /** Headers that a page may send; each with one `*` at most. Default: none. */
  readonly AllowedHeaders?: readonly string[];
  /** Headers of answers that a page may read: `ETag`. Default: none. */
  readonly ExposeHeaders?: readonly string[];
  /** How long a browser may remember the answer to its question, in seconds. */
  readonly MaxAgeSeconds?: number;
  /** A name for it, which means nothing. */
  readonly ID?: string;
}

export const CORS_METHODS: readonly string[] = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];
