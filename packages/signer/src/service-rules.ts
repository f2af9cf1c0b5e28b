/** In what a service's signatures differ from the others'. */
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

const DEFAULT: ServiceRules = {
  normalizesPath: true,
  encodesPathTwice: true,
  needsContentSha256: false,
  unsignedPayload: false,
  tokenAfterSigning: false,
};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const S3: ServiceRules = {
  ...DEFAULT,
  normalizesPath: false,
  encodesPathTwice: false,
  needsContentSha256: true,
};
const WITH_HASH: ServiceRules = { ...DEFAULT, needsContentSha256: true };

const RULES: ReadonlyMap<string, ServiceRules> = new Map([
  ['s3', S3],
  ['s3express', S3],
  ['s3-outposts', S3],
  ['s3-object-lambda', S3],
  // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html
  ['aoss', WITH_HASH],
  // A function URL behind CloudFront: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html
  ['lambda', WITH_HASH],
  // https://docs.aws.amazon.com/vpc-lattice/latest/ug/sigv4-authenticated-requests.html
  ['vpc-lattice-svcs', { ...WITH_HASH, unsignedPayload: true }],
  // https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html#mqtt-ws
  ['iotdevicegateway', { ...DEFAULT, tokenAfterSigning: true }],
]);

export function rulesOf(service: string): ServiceRules {
  return RULES.get(service) ?? DEFAULT;
}
