import { PARTITIONS } from './partition.ts';

/** A host name without its partition's suffix, and the partition. */
export interface PlaceOfHost {
  readonly name: string;
  readonly id: string;
  readonly home: string;
}

/**
 * What is left of a host name without its partition's suffix; `undefined` if it is not one of AWS.
 * Of `….on.aws`, endpoints that customers make (function URLs, Lattice services), `….on` is left.
 * Where GovCloud has the suffixes of `aws`, a host is taken for one of `aws`.
 */
export function withoutDnsSuffix(hostname: string): PlaceOfHost | undefined {
  const plain = hostname.replace(/\.on\.(aws|amazonwebservices\.(com\.cn|eu))$/, '.on.api.$1');
  for (const [, id, dnsSuffix, dualStackDnsSuffix, home] of PARTITIONS.toReversed()) {
    for (const suffix of [dnsSuffix, dualStackDnsSuffix]) {
      if (plain.endsWith(`.${suffix}`)) {
        return { name: plain.slice(0, -suffix.length - 1), id, home };
      }
    }
  }
  return undefined;
}
