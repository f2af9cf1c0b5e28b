import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Which packages of ours a package may import. */
export type Directions = Readonly<Record<string, readonly string[]>>;

/**
 * The stations of each package, from the top to the bottom: folders of its `src`, and files such as
 * `errors.ts`. An import goes from a station to one further down. Files of `src` that are no station
 * stand on top, since they are entry points.
 */
export type Stations = Readonly<Record<string, readonly string[]>>;

/** Path from the root of the repository, such as `packages/signer/src/index.ts` → its text. */
export type Sources = ReadonlyMap<string, string>;

const MOST_FILES = 16;
const MOST_LINES = 320;

/** Reads the sources of all packages. */
export function readSources(root: string): Sources {
  const sources = new Map<string, string>();
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = posix.join('packages', name, 'src');
    for (const entry of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const path = posix.join(folder, entry.replaceAll('\\', '/'));
      if (path.endsWith('.ts')) sources.set(path, readFileSync(join(root, path), 'utf8'));
    }
  }
  return sources;
}

/** @returns what breaks the rules of the house: a line for each offence, empty if nothing does */
export function offences(sources: Sources, stations: Stations, directions: Directions): string[] {
  const listed = [...sources.keys()].filter((path) => Object.hasOwn(stations, placeOf(path).name));
  return [
    ...[...sources].flatMap(([path, text]) => wrongPackages(path, text, directions)),
    ...listed.flatMap((path) => wrongArrows(path, sources, stations)),
    ...circles(listed, sources),
    ...tooLarge(listed, sources),
  ];
}

interface Place {
  /** The package's. */
  readonly name: string;
  /** The first folder below `src`, or a file that is in `src` itself. */
  readonly station: string;
}

function placeOf(path: string): Place {
  const [, name = '', , station = ''] = path.split('/');
  return { name, station };
}

/** What a file imports, statically or dynamically, as values or as types. */
function specifiers(text: string): string[] {
  const found = text.matchAll(
    /^(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]|^(?!\s*(?:\*|\/\/)).*?\bimport\(\s*['"]([^'"]+)['"]/gm,
  );
  return [...found].flatMap((match) => match.slice(1).filter((name) => name !== undefined));
}

/** The files of the same package that a file imports. `#name` stands for a file of each platform. */
function targets(path: string, sources: Sources): string[] {
  return specifiers(sources.get(path) ?? '').flatMap((specifier) => {
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(path), specifier);
      return sources.has(target) ? [target] : [];
    }
    if (!specifier.startsWith('#')) return [];
    const { name } = placeOf(path);
    const start = new RegExp(`^packages/${name}/src/(?:.*/)?${specifier.slice(1)}-[a-z]+\\.ts$`);
    return [...sources.keys()].filter((other) => start.test(other));
  });
}

function wrongPackages(path: string, text: string, directions: Directions): string[] {
  const { name } = placeOf(path);
  const allowed = directions[name];
  if (allowed === undefined) return [`${path}: the package ${name} has no directions yet`];
  return specifiers(text).flatMap((specifier) => {
    const other = /^@sigv4\/([^/]+)/.exec(specifier)?.[1];
    return other === undefined || allowed.includes(other)
      ? []
      : [
          `${path} imports ${specifier}; ${name} may import ${allowed.join(', ') || 'none of ours'}`,
        ];
  });
}

function wrongArrows(path: string, sources: Sources, stations: Stations): string[] {
  const from = placeOf(path);
  const order = stations[from.name] ?? [];
  const isFolder = path.split('/').length > 4;
  if (isFolder && !order.includes(from.station))
    return [`${path}: ${from.station}/ is no station of ${from.name}`];
  return targets(path, sources).flatMap((target) => {
    const to = placeOf(target);
    const goesDown = order.indexOf(from.station) < order.indexOf(to.station);
    return from.station === to.station || goesDown || isBetweenEntries(from, to, order)
      ? []
      : [`${path} imports ${target}, which goes up from ${from.station} to ${to.station}`];
  });
}

function isBetweenEntries(from: Place, to: Place, order: readonly string[]): boolean {
  return !order.includes(from.station) && !order.includes(to.station);
}

function circles(paths: readonly string[], sources: Sources): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      found.push(`import circle: ${[...way.slice(way.indexOf(path)), path].join(' → ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const target of targets(path, sources)) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of paths) visit(path, []);
  return found;
}

function tooLarge(paths: readonly string[], sources: Sources): string[] {
  const folders = Map.groupBy(paths, (path) => posix.dirname(path));
  return [
    ...[...folders]
      .filter(([, files]) => files.length > MOST_FILES)
      .map(([folder, files]) => `${folder} has ${files.length} files, at most ${MOST_FILES}`),
    ...paths
      .map((path) => [path, (sources.get(path) ?? '').split('\n').length - 1] as const)
      .filter(([, lines]) => lines > MOST_LINES)
      .map(([path, lines]) => `${path} has ${lines} lines, at most ${MOST_LINES}`),
  ];
}
