import { join } from 'node:path';

const RUNTIMES = join(import.meta.dirname, '../runtimes/node_modules');

/** The versions of Node that services and Lambda have; from the registry, where it has them for this platform. */
export const NODES: readonly (readonly [version: string, binary: string])[] = [
  ['20.19', join(RUNTIMES, 'node20-linux-x64/bin/node')],
  ['22', join(RUNTIMES, 'node22-linux-x64/bin/node')],
  ['24', process.execPath],
];
