/** How the signatures of one service differ from those of others. */
export interface ServiceRules {
  /** Whether the path is signed without empty segments, and encoded once more than it is sent. */
  readonly normalizesPath: boolean;
  readonly encodesPathTwice: boolean;
  /** Whether `x-amz-content-sha256` must be sent. */
  readonly needsContentSha256: boolean;
  /** Whether the service takes the payload unsigned only. */
  readonly unsignedPayload: boolean;
  /** Whether the session token goes into a query after signing, unsigned. */
  readonly tokenAfterSigning: boolean;
}

/**
 * Services whose paths are keys of objects.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
const S3: ReadonlySet<string> = new Set(['s3', 's3express', 's3-outposts', 's3-object-lambda']);

/**
 * Services that need `x-amz-content-sha256`, besides those of S3:
 *
 * - OpenSearch Serverless: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html
 * - A function URL behind CloudFront: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html
 * - VPC Lattice: https://docs.aws.amazon.com/vpc-lattice/latest/ug/sigv4-authenticated-requests.html
 */
const WITH_HASH: ReadonlySet<string> = new Set(['aoss', 'lambda', 'vpc-lattice-svcs']);

export function rulesOf(service: string): ServiceRules {
  const isS3 = S3.has(service);
  return {
    normalizesPath: !isS3,
    encodesPathTwice: !isS3,
    needsContentSha256: isS3 || WITH_HASH.has(service),
    unsignedPayload: service === 'vpc-lattice-svcs',
    // https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html#mqtt-ws
    tokenAfterSigning: service === 'iotdevicegateway',
  };
}
