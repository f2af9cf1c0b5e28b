/** Finds the route of a method and a path. */
export type RouteTable<R> = (method: string, path: string) => FoundRoute<R> | undefined;

export interface FoundRoute<R> {
  readonly route: R;
  /** Decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Static segments go before `{id}`, `{id}` before `{proxy+}`; a method before `ANY`.
 *
 * @param target a route's method, or `ANY`, and its path
 */
export function routeTable<R>(
  routes: readonly R[],
  target: (route: R) => { readonly method: string; readonly path: string },
): RouteTable<R> {
  const compiled = routes
    .map((route) => ({ route, ...target(route) }))
    .toSorted((a, b) => cost(a) - cost(b))
    .map((entry) => Object.assign(entry, compile(entry.path)));
  return (method, path) => {
    for (const entry of compiled) {
      if (entry.method !== method && entry.method !== 'ANY') continue;
      const values = entry.pattern.exec(path)?.slice(1);
      if (values === undefined) continue;
      const parameters = entry.names.map((name, at) => [name, decode(values[at] as string)]);
      return { route: entry.route, parameters: Object.fromEntries(parameters) };
    }
    return undefined;
  };
}

function compile(path: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const pattern = path
    .replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replaceAll(/\{([\w-]+)(\\\+)?\}/g, (_, name: string, greedy: string | undefined) => {
      names.push(name);
      return greedy ? '(.+)' : '([^/]+)';
    });
  return { pattern: new RegExp(`^${pattern}/?$`), names };
}

function cost({ method, path }: { method: string; path: string }): number {
  const greedy = path.includes('+}') ? 4 : 0;
  const variable = /\{[^{}+]+\}/.test(path) ? 2 : 0;
  return greedy + variable + (method === 'ANY' ? 1 : 0);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
