import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { offences, readSources, type Directions, type Stations } from './house.ts';

/** ARCHITECTURE.md says what each station is for. */
const STATIONS: Stations = {
  signer: [
    'signer.ts',
    'send',
    's3',
    'options.ts',
    'events.ts',
    'rejection',
    'signature',
    'target',
    'request',
    'credentials',
    'platform',
    'quiet-listener.ts',
    'check-options.ts',
    'empty-record.ts',
    'errors.ts',
  ],
  credentials: ['sts', 'chain', 'cache', 'errors.ts', 'runtime.ts', 'own-fields.ts'],
  cli: ['main.ts', 'usage.ts', 'commands', 'http', 'refusal', 'credentials', 'options', 'output'],
  testing: [
    'harness',
    'sts',
    'buckets',
    'api',
    'iam',
    'signature',
    's3',
    'keys',
    'wire',
    'shape.ts',
  ],
  // These have no stations: what they hold is one concept.
  axios: [],
  fetch: [],
  ky: [],
};

const DIRECTIONS: Directions = {
  axios: ['signer', 'credentials'],
  cli: ['signer', 'credentials', 'axios', 'fetch', 'ky', 'testing'],
  credentials: ['signer'],
  fetch: ['signer', 'credentials'],
  ky: ['fetch'],
  signer: [],
  // A mistake in the signer must not verify itself.
  testing: [],
};

test('imports go down, in no circle, and folders and files stay small', () => {
  const sources = readSources(join(import.meta.dirname, '../..'));
  expect(sources.size).toBeGreaterThan(100);
  expect(offences(sources, STATIONS, DIRECTIONS)).toEqual([]);
});

describe('an offence is told', () => {
  const stations = { signer: ['top', 'middle', 'errors.ts', 'bottom'] };
  const src = 'packages/signer/src';

  function judge(files: Readonly<Record<string, string>>): string[] {
    const sources = Object.entries(files).map(([path, text]) => [`${src}/${path}`, text] as const);
    return offences(new Map(sources), stations, DIRECTIONS);
  }

  const GOOD = {
    'index.ts': "export { a } from './top/a.ts';\nexport type { B } from './bottom/b.ts';",
    'top/a.ts': "import '../middle/m.ts';\nimport { E } from '../errors.ts';",
    'middle/m.ts': "const b = () => import('../bottom/b.ts');\nimport x from './n.ts';",
    'middle/n.ts': '',
    'errors.ts': '',
    'bottom/b.ts': "// import '../top/a.ts'\n/**\n * import('../top/a.ts')\n */",
  };

  test('but not where there is none', () => {
    expect(judge(GOOD)).toEqual([]);
  });

  test.each([
    ['a value', "import { a } from '../top/a.ts';"],
    ['several lines', "import {\n  a,\n  b,\n} from '../top/a.ts';"],
    ['a type', "import type { A } from '../top/a.ts';"],
    ['an effect', "import '../top/a.ts';"],
    ['what is handed on', "export * from '../top/a.ts';"],
    ['a type that is handed on', "export type { A } from '../top/a.ts';"],
    ['a dynamic import', "const load = () => import('../top/a.ts');"],
    ['a type by a dynamic import', "let a: typeof import('../top/a.ts');"],
  ])('an arrow that goes up: %s', (_name, text) => {
    for (const from of ['middle/n.ts', 'bottom/b.ts']) {
      expect(judge({ ...GOOD, 'top/a.ts': '', [from]: text })).toEqual([
        `${src}/${from} imports ${src}/top/a.ts, which goes up from ${from.split('/')[0]} to top`,
      ]);
    }
  });

  test('an arrow from a station to an entry point, or to a file of src further up', () => {
    expect(judge({ ...GOOD, 'bottom/b.ts': "import '../errors.ts';" })).toEqual([
      `${src}/bottom/b.ts imports ${src}/errors.ts, which goes up from bottom to errors.ts`,
    ]);
    expect(judge({ ...GOOD, 'index.ts': '', 'bottom/b.ts': "import '../index.ts';" })).toEqual([
      `${src}/bottom/b.ts imports ${src}/index.ts, which goes up from bottom to index.ts`,
    ]);
  });

  test("an arrow that goes up by way of a platform's file", () => {
    const files = { ...GOOD, 'top/hash-node.ts': '', 'bottom/b.ts': "import { h } from '#hash';" };
    expect(judge(files)).toEqual([
      `${src}/bottom/b.ts imports ${src}/top/hash-node.ts, which goes up from bottom to top`,
    ]);
  });

  test('an import circle, within a station too, also one of types', () => {
    const files = { ...GOOD, 'middle/n.ts': "import type { M } from './m.ts';" };
    expect(judge(files)).toEqual([
      `import circle: ${src}/middle/m.ts → ${src}/middle/n.ts → ${src}/middle/m.ts`,
    ]);
  });

  test('a folder that is no station', () => {
    expect(judge({ ...GOOD, 'utils/x.ts': '' })).toEqual([
      `${src}/utils/x.ts: utils/ is no station of signer`,
    ]);
  });

  test('a folder of 17 files, a file of 321 lines', () => {
    const many = Array.from({ length: 15 }, (_, at) => [`middle/x${at}.ts`, '']);
    expect(judge({ ...GOOD, ...Object.fromEntries(many) })).toEqual([
      `${src}/middle has 17 files, at most 16`,
    ]);
    expect(judge({ ...GOOD, 'middle/n.ts': '\n'.repeat(321) })).toEqual([
      `${src}/middle/n.ts has 321 lines, at most 320`,
    ]);
  });

  test('a package that another must not import', () => {
    const wrong: readonly (readonly [string, string])[] = [
      ['signer', '@sigv4/credentials'],
      ['credentials', '@sigv4/fetch'],
      ['ky', '@sigv4/signer'],
      ['testing', '@sigv4/signer/internal'],
      ['axios', '@sigv4/testing'],
    ];
    for (const [name, specifier] of wrong) {
      const path = `packages/${name}/src/index.ts`;
      const text = `import type { X } from '${specifier}';`;
      const [told, ...more] = offences(new Map([[path, text]]), {}, DIRECTIONS);
      expect(told).toMatch(`${path} imports ${specifier}; ${name} may import `);
      expect(more).toEqual([]);
    }
  });
});
