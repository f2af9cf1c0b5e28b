import { describe } from 'vitest';

import { testRefusals } from './cli/refusals.ts';
import { cliSuite } from './cli/suite.ts';

cliSuite((kit, consumer) => {
  describe('sigv4, when the answer is no', () => {
    testRefusals(kit, consumer);
  });
});
