import { format, inspect } from 'node:util';

/** All that printing a thing shows, in every usual way. */
export function shown(thing: unknown): string {
  const ways = [
    () => inspect(thing, { depth: Infinity, showHidden: true, maxStringLength: null }),
    () => inspect(thing, { depth: Infinity, getters: true, maxStringLength: null }),
    () => format('%s %o %O %j', thing, thing, thing, thing),
    () => String(thing),
    () => JSON.stringify(thing),
    () => JSON.stringify({ ...(thing as object) }),
    () => JSON.stringify((thing as { toJSON?: () => unknown }).toJSON?.()),
  ];
  return ways.map(attempted).join('\n');
}

/** What cannot be printed shows nothing: Node's own objects are circular. */
function attempted(way: () => string | undefined): string {
  try {
    return way() ?? '';
  } catch {
    return '';
  }
}

/** What hangs on a thing under names that users reach for, and the thing. */
export function reachable(thing: unknown, depth = 4): unknown[] {
  if (typeof thing !== 'object' || thing === null || depth === 0) return [thing];
  const parts = [
    'request',
    'response',
    'config',
    'cause',
    'headers',
    'options',
    'res',
    'req',
    'data',
    'sigv4',
  ];
  return [
    thing,
    ...parts.flatMap((part) => {
      const value = (thing as Record<string, unknown>)[part];
      return reachable(value, depth - 1);
    }),
  ];
}
