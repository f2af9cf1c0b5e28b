import { refuse, type Refused } from './refusal.ts';

/** How long a signature in the header holds, in minutes. */
const MINUTES: Readonly<Record<string, number>> = { s3: 15, sts: 15 };

/** A signature in the query holds for as long as it says. */
export function checkDate(
  {
    date = '',
    expires,
  }: { readonly date: string | undefined; readonly expires: number | undefined },
  service: string,
  now: number,
): Refused | undefined {
  const minutes = MINUTES[service] ?? 5;
  const seconds = expires ?? minutes * 60;
  const at = parseDate(date);
  if (at === undefined) {
    return refuse(
      'incomplete',
      'IncompleteSignatureException',
      `Date must be in ISO-8601 'basic format'. Got '${date}'.`,
    );
  }
  const server = basicDate(now);
  if (at > now + minutes * 60_000) {
    const limit = basicDate(now + minutes * 60_000);
    return refuse(
      'not-yet-current',
      'InvalidSignatureException',
      `Signature not yet current: ${date} is still later than ${limit} (${server} + ${minutes} min.)`,
    );
  }
  if (at < now - seconds * 1000) {
    const limit = basicDate(now - seconds * 1000);
    return refuse(
      'expired',
      'InvalidSignatureException',
      `Signature expired: ${date} is now earlier than ${limit} (${server} - ${Math.round(seconds / 60)} min.)`,
    );
  }
  return undefined;
}

function parseDate(text: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  return basicDate(ms) === text ? ms : undefined;
}

export function basicDate(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}
