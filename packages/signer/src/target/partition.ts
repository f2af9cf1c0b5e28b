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
 * What a partition's regions begin with, and the partition. It is taken from the SDKs'
 * `partitions.json`.
 */
const PARTITIONS: readonly (readonly [
  regions: string,
  id: string,
  dnsSuffix: string,
  dualStackDnsSuffix: string,
])[] = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com', 'api.aws'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  ['', 'aws', 'amazonaws.com', 'api.aws'],
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

/**
 * What is left of a host name without its partition's suffix; `undefined` if it is not one of AWS.
 * Of `….on.aws`, endpoints that customers make (function URLs, Lattice services), `….on` is left.
 */
export function withoutDnsSuffix(hostname: string): string | undefined {
  if (hostname.endsWith('.on.aws')) return hostname.slice(0, -'.aws'.length);
  for (const [, , ...suffixes] of PARTITIONS) {
    for (const suffix of suffixes) {
      if (hostname.endsWith(`.${suffix}`)) return hostname.slice(0, -suffix.length - 1);
    }
  }
  return undefined;
}
