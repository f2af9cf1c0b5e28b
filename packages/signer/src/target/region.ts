import { checkOption, type OptionRule } from '../check-options.ts';

/** A region, or a region set: several of them, or all. It stands between slashes in the scope. */
const PATTERN = /^(\*|[A-Za-z0-9-]+)(,[A-Za-z0-9-]+)*$/;

export const REGION: OptionRule = {
  expected: "a name such as 'eu-west-1'",
  holds: (value) => typeof value === 'string' && PATTERN.test(value),
};

/**
 * @param from where it came from, for the error
 * @throws {TypeError} if it is no region
 */
export function checkRegion(region: unknown, from: string): asserts region is string {
  checkOption(REGION, region, from);
}

/** Whether it names all regions, or several. */
export function isRegionSet(region: string): boolean {
  return region.includes('*') || region.includes(',');
}

/** @throws {TypeError} if it is a region set, which takes SigV4a */
export function refuseRegionSet(region: string): void {
  if (!isRegionSet(region)) return;
  throw new TypeError(`region: '${region}' is a region set, which takes algorithm: 'sigv4a'`);
}
