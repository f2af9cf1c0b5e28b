import { CliError } from '../output/error.ts';

/**
 * Refuses what cannot be had together.
 *
 * @param given the flags that were given; all others are `false` or `undefined`
 * @throws {CliError} naming them
 */
export function refuseTogether(...given: readonly (string | false | undefined)[]): void {
  const flags = given.filter(Boolean);
  if (flags.length < 2) return;
  throw new CliError(`${flags.join(' and ')} exclude each other`, 'choose one of them');
}
