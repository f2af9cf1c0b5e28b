import { rm } from 'node:fs/promises';

import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { makeConsumer } from '../packed.ts';
import { Kit } from './kit.ts';

/**
 * Tests of the packed command against a local AWS. At the end it is looked whether anything that
 * they printed holds a secret.
 *
 * @param register gets the world, and the folder of a project that has the command installed, once
 *   tests run
 */
export function cliSuite(register: (kit: () => Kit, consumer: () => string) => void): void {
  let consumer: string;
  let kit: Kit;
  beforeAll(async () => {
    consumer = await makeConsumer(inject('packed'));
    kit = await Kit.start(consumer);
  });
  afterAll(async () => {
    await kit.close();
    await rm(consumer, { recursive: true, force: true });
  });

  register(
    () => kit,
    () => consumer,
  );

  test('no secret is in any output that is not said to hold one', () => {
    const secrets = (['developer', 'intern', 'wrong'] as const).flatMap((as) => {
      const env = kit.environment({ as });
      return [env['AWS_SECRET_ACCESS_KEY'] ?? '', (env['AWS_SESSION_TOKEN'] ?? '').slice(40, 80)];
    });
    expect(kit.printed.length).toBeGreaterThan(50);
    for (const text of kit.printed) {
      for (const secret of secrets.filter(Boolean)) expect(text).not.toContain(secret);
      expect(text).not.toMatch(/Signature=[\da-f]{16}|AWS_SECRET_ACCESS_KEY=\S{8}|SessionToken"/);
    }
  });
}
