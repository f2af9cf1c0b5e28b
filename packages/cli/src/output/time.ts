/** A moment, and how far it is away: `2026-11-25T19:55:00Z, in 59 min`. */
export function moment(date: Date, now: number = Date.now()): string {
  const seconds = Math.round((date.getTime() - now) / 1000);
  const [amount, unit] = inUnits(Math.abs(seconds));
  const away = seconds < 0 ? `${amount} ${unit} ago` : `in ${amount} ${unit}`;
  return `${date.toISOString().replace(/\.\d+Z$/, 'Z')}, ${away}`;
}

export function inUnits(seconds: number): readonly [amount: number, unit: string] {
  if (seconds < 120) return [Math.round(seconds), 's'];
  if (seconds < 7200) return [Math.round(seconds / 60), 'min'];
  if (seconds < 172_800) return [Math.round(seconds / 3600), 'h'];
  return [Math.round(seconds / 86_400), 'days'];
}
