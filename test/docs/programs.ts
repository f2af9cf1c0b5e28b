import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';

import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterAll, afterEach, vi } from 'vitest';

import type { LocalAws, TestCredentials } from '@sigv4/testing';

import { blockOf } from './pages.ts';

// Within this package, so that what a program imports is found.
const folder = mkdtempSync(join(import.meta.dirname, '.programs-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;

/** Runs a program of a page, as it stands there: a test, which then is a part of the one that asks. */
export async function runTest(page: string, name: string): Promise<void> {
  await load(page, name);
}

/**
 * Runs a program of a page, as it stands there, in a process that has just started as far as the
 * packages can tell: with no credentials and no clock learned.
 */
export async function runProgram<Module = unknown>(page: string, name: string): Promise<Module> {
  vi.resetModules();
  return (await load(page, name)) as Module;
}

async function load(page: string, name: string): Promise<unknown> {
  count += 1;
  const file = join(folder, `${count}-${name}`);
  writeFileSync(file, blockOf(page, name).code);
  return import(file);
}

const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const each of undo.splice(0)) await each();
});

/**
 * Replaces AWS by a local one until the test ends: its host names lead to loopback for
 * fetch, axios and `node:https`, and the environment holds the credentials of a caller.
 */
export function standIn(aws: LocalAws, caller?: Partial<TestCredentials>): void {
  const environment = {
    AWS_REGION: aws.region,
    AWS_ENDPOINT_URL_STS: aws.stsUrl,
    AWS_ACCESS_KEY_ID: caller?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: caller?.secretAccessKey,
    AWS_SESSION_TOKEN: caller?.sessionToken,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const [dispatcher, agent] = [getGlobalDispatcher(), https.globalAgent];
  const local = new Agent({ connect: aws.connect });
  setGlobalDispatcher(local);
  https.globalAgent = aws.httpsAgent;
  undo.push(() => {
    setGlobalDispatcher(dispatcher);
    https.globalAgent = agent;
    return local.close();
  });
}
