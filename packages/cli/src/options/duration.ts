import { CliError } from '../output/error.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads `90`, `90s`, `15m`, `1h` or `7d`.
 *
 * @returns seconds
 */
export function duration(flag: string): (value: string) => number {
  return (value) => {
    const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(value) ?? [];
    if (amount === undefined) {
      throw new CliError(
        `${flag}: expected a time such as 90s, 15m, 1h or 7d, got ${JSON.stringify(value)}`,
        'give a number and a unit',
      );
    }
    return Number(amount) * (SECONDS[unit] ?? 1);
  };
}
