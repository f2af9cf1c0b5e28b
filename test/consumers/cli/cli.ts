import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { testCallers } from './callers.ts';
import { testRefusals } from './refusals.ts';
import { testRequests } from './requests.ts';
import { testSigning } from './signing.ts';
import { testStart } from './start.ts';
import { testStreams } from './streams.ts';
import { Kit } from './kit.ts';

/**
 * What the packed command does, against the local AWS.
 *
 * @param consumer the folder of a project that has it installed
 */
export function testCli(consumer: () => string): void {
  let kit: Kit;
  beforeAll(async () => {
    kit = await Kit.start(consumer());
  });
  afterAll(() => kit.close());
  const started = (): Kit => kit;

  describe('starts', () => {
    testStart(started);
  });
  describe('request', () => {
    testRequests(started);
  });
  describe('streams', () => {
    testStreams(started);
  });
  describe('a refusal', () => {
    testRefusals(started, consumer);
  });
  describe('sign and presign', () => {
    testSigning(started);
  });
  describe('who calls', () => {
    testCallers(started);
  });

  // It looks at all that the tests above have printed.
  test('no secret is in any output that is not said to hold one', () => {
    const secrets = (['developer', 'intern', 'wrong'] as const).flatMap((as) => {
      const env = kit.environment({ as });
      return [env['AWS_SECRET_ACCESS_KEY'] ?? '', (env['AWS_SESSION_TOKEN'] ?? '').slice(40, 80)];
    });
    expect(kit.printed.length).toBeGreaterThan(100);
    for (const text of kit.printed) {
      for (const secret of secrets.filter(Boolean)) expect(text).not.toContain(secret);
      expect(text).not.toMatch(/Signature=[\da-f]{16}|AWS_SECRET_ACCESS_KEY=\S{8}|SessionToken"/);
    }
  });
}
