/** Finds the route of a method and a path. */
export type RouteTable<R> = (method: string, path: string) => FoundRoute<R> | undefined;

export interface FoundRoute<R> {
  readonly route: R;
  /** Decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The methods that a route can name. */
export const METHODS: readonly string[] = 'ANY DELETE GET HEAD OPTIONS PATCH POST PUT'.split(' ');

/** Where a table of routes belongs, and what it holds. */
export interface RouteTarget {
  /** One of METHODS. */
  readonly method: string;
  readonly path: string;
}

/**
 * Routes of one API, the most specific first, in whatever order they are defined. Paths are
 * compared segment by segment: text goes before `{id}`, and `{id}` before `{proxy+}`. Of one path,
 * a method goes before `ANY`. A route that does not have the request's method is passed over.
 *
 * @param fullMatchesFirst HTTP APIs take any path without `{proxy+}` before one with it
 * @param where for error messages
 * @throws {TypeError} at a path that API Gateway does not take, and at two routes for the same
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html#api-gateway-proxy-resource
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
 */
export function routeTable<R>(
  routes: readonly R[],
  target: (route: R) => RouteTarget,
  { where, fullMatchesFirst }: { readonly where: string; readonly fullMatchesFirst: boolean },
): RouteTable<R> {
  const byRank = new Map<string, CompiledRoute<R>>();
  for (const route of routes) {
    const { method, path } = target(route);
    const segments = segmentsOf(path, `${where}, route ${method} ${path}`);
    const rank = [
      fullMatchesFirst ? Number(segments.at(-1)?.kind === GREEDY) : '',
      // A tab sorts before all characters of a path.
      ...segments.map(({ kind, text }) => kind + (kind === LITERAL ? text : '')),
      method === 'ANY' ? `1` : `0${method}`,
    ].join('\t');
    const other = byRank.get(rank);
    if (other) {
      throw new TypeError(
        `${where}: the routes ${method} ${other.path} and ${method} ${path} take the same requests; remove one of them`,
      );
    }
    byRank.set(rank, { route, method, path, ...compile(segments) });
  }
  const sorted = [...byRank].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  return (method, path) => {
    for (const entry of sorted) {
      if (entry.method !== method && entry.method !== 'ANY') continue;
      const values = entry.pattern.exec(path)?.slice(1);
      if (values === undefined) continue;
      const parameters = entry.names.map((name, at) => [name, decode(values[at] as string)]);
      return { route: entry.route, parameters: Object.fromEntries(parameters) };
    }
    return undefined;
  };
}

interface CompiledRoute<R> extends RouteTarget {
  readonly route: R;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** In the order in which they rank. */
const LITERAL = '0';
const VARIABLE = '1';
const GREEDY = '2';

interface Segment {
  readonly kind: string;
  /** The text, or the name of the variable. */
  readonly text: string;
}

function segmentsOf(path: string, where: string): Segment[] {
  if (!path.startsWith('/')) {
    throw new TypeError(`${where}: expected a path that starts with "/"`);
  }
  const segments = (path === '/' ? [] : path.slice(1).split('/')).map((part): Segment => {
    const [, name, plus] = /^\{([\w.:-]+)(\+)?\}$/.exec(part) ?? [];
    if (name !== undefined) return { kind: plus ? GREEDY : VARIABLE, text: name };
    if (/[{}]/.test(part) || part === '') {
      throw new TypeError(
        `${where}: ${JSON.stringify(part)} is no segment of a path; write a text, {name} or, as the last one, {name+}`,
      );
    }
    return { kind: LITERAL, text: part };
  });
  const names = segments.filter(({ kind }) => kind !== LITERAL).map(({ text }) => text);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new TypeError(`${where}: it has {${twice}} twice`);
  if (segments.slice(0, -1).some(({ kind }) => kind === GREEDY)) {
    throw new TypeError(`${where}: a variable with "+" must be the last segment of the path`);
  }
  return segments;
}

const PATTERNS: Readonly<Record<string, string>> = { [VARIABLE]: '([^/]+)', [GREEDY]: '(.+)' };

function compile(segments: readonly Segment[]): Pick<CompiledRoute<never>, 'pattern' | 'names'> {
  const source = segments.map(
    ({ kind, text }) => `/${PATTERNS[kind] ?? text.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')}`,
  );
  return {
    pattern: new RegExp(`^${source.join('')}/?$`),
    names: segments.filter(({ kind }) => kind !== LITERAL).map(({ text }) => text),
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
