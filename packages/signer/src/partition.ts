/** A part of AWS with accounts, regions and host names of its own. */
export interface Partition {
  /** As in ARNs: `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly id: string;
  /** What host names end with: `amazonaws.com`, … */
  readonly dnsSuffix: string;
  /** What dual-stack host names end with, where the partition has them: `api.aws`, … */
  readonly dualStackDnsSuffix: string;
}

interface PartitionRule extends Partition {
  readonly regions: RegExp;
}

/** From the SDKs' `partitions.json`; a region's prefix tells its partition. */
const PARTITIONS: readonly PartitionRule[] = [
  rule('aws-cn', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn', /^cn-/),
  rule('aws-us-gov', 'amazonaws.com', 'api.aws', /^us-gov-/),
  rule('aws-iso', 'c2s.ic.gov', 'api.aws.ic.gov', /^us-iso-/),
  rule('aws-iso-b', 'sc2s.sgov.gov', 'api.aws.scloud', /^us-isob-/),
  rule('aws-iso-e', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk', /^eu-isoe-/),
  rule('aws-iso-f', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov', /^us-isof-/),
  rule('aws-eusc', 'amazonaws.eu', 'api.amazonwebservices.eu', /^eusc-/),
];
const AWS: Partition = rule('aws', 'amazonaws.com', 'api.aws', /(?:)/);

function rule(
  id: string,
  dnsSuffix: string,
  dualStackDnsSuffix: string,
  regions: RegExp,
): PartitionRule {
  return { id, dnsSuffix, dualStackDnsSuffix, regions };
}

/**
 * The partition of a region: `cn-north-1` → `aws-cn`. A region of no known prefix is taken for
 * one of `aws`, as the SDKs do.
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
export function partitionOf(region: string): Partition {
  const { id, dnsSuffix, dualStackDnsSuffix } =
    PARTITIONS.find((partition) => partition.regions.test(region)) ?? AWS;
  return { id, dnsSuffix, dualStackDnsSuffix };
}

const SUFFIXES: readonly string[] = [...PARTITIONS, AWS].flatMap(
  ({ dnsSuffix, dualStackDnsSuffix }) => [`.${dnsSuffix}`, `.${dualStackDnsSuffix}`],
);

/**
 * What is left of a host name without its partition's suffix; `undefined` if it is not one of AWS.
 * Of `….on.aws`, endpoints that customers make (function URLs, Lattice services), `….on` is left.
 */
export function withoutDnsSuffix(hostname: string): string | undefined {
  if (hostname.endsWith('.on.aws')) return hostname.slice(0, -'.aws'.length);
  const suffix = SUFFIXES.find((each) => hostname.endsWith(each));
  return suffix && hostname.slice(0, -suffix.length);
}
