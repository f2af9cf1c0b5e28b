/** A part of AWS with accounts, regions and host names of its own. */
export interface Partition {
  /** As in ARNs: `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly id: string;
  /** What host names end with: `amazonaws.com`, … */
  readonly dnsSuffix: string;
  /** What dual-stack host names end with, where the partition has them: `api.aws`, … */
  readonly dualStackDnsSuffix: string;
}

/**
 * What a partition's regions begin with, the partition, and the region that is home to its IAM. It
 * is taken from the SDKs' `partitions.json`.
 */
export const PARTITIONS: readonly (readonly [
  regions: string,
  id: string,
  dnsSuffix: string,
  dualStackDnsSuffix: string,
  home: string,
])[] = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn', 'cn-north-1'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com', 'api.aws', 'us-gov-west-1'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov', 'api.aws.ic.gov', 'us-iso-east-1'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov', 'api.aws.scloud', 'us-isob-east-1'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk', 'eu-isoe-west-1'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov', 'us-isof-south-1'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu', 'api.amazonwebservices.eu', 'eusc-de-east-1'],
  ['', 'aws', 'amazonaws.com', 'api.aws', 'us-east-1'],
];

/**
 * The partition of a region: `cn-north-1` → `aws-cn`. A region of no known prefix is taken for
 * one of `aws`, as the SDKs do.
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
export function partitionOf(region: string): Partition {
  const [, id = '', dnsSuffix = '', dualStackDnsSuffix = ''] =
    PARTITIONS.find(([regions]) => region.startsWith(regions)) ?? [];
  return { id, dnsSuffix, dualStackDnsSuffix };
}

/** The region that is home to a partition's IAM: `aws-cn` → `cn-north-1`; `undefined` if there is none. */
export function homeRegion(id: string): string | undefined {
  return PARTITIONS.find(([, each]) => each === id)?.[4];
}
