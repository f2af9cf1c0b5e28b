import type * as Fs from 'node:fs';
import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type * as Os from 'node:os';

import { ownValue } from './own-fields.ts';

/** A variable of the process's environment. Browsers and workers have none. */
export function environment(name: string): string | undefined {
  const { env } = globalThis.process ?? {};
  // It inherits what a polluted `Object.prototype` has, as all objects do.
  return (env && ownValue(env, name)) || undefined;
}

/** Whether this is Node itself. Bun and Deno have `node:https` too, but theirs heeds no proxy. */
export function isNode(): boolean {
  // Node 20 has no `navigator`. All other runtimes have one.
  const runtime = globalThis.navigator?.userAgent ?? 'Node.js';
  return runtime.startsWith('Node.js') && builtinModule('http') !== undefined;
}

/**
 * A module of Node. An import of it would have to be kept out of bundles for the web.
 *
 * @returns `undefined` in browsers and workers
 */
export function builtinModule<Name extends keyof BuiltinModules>(
  name: Name,
): BuiltinModules[Name] | undefined {
  return globalThis.process?.getBuiltinModule?.(name) as BuiltinModules[Name] | undefined;
}

interface BuiltinModules {
  fs: typeof Fs;
  http: typeof Http;
  https: typeof Https;
  os: typeof Os;
}
