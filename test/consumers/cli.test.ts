import { describe } from 'vitest';

import { testCallers } from './cli/callers.ts';
import { testRequests } from './cli/requests.ts';
import { testSigning } from './cli/signing.ts';
import { testStart } from './cli/start.ts';
import { testStreams } from './cli/streams.ts';
import { cliSuite } from './cli/suite.ts';

cliSuite((kit) => {
  describe('sigv4 starts', () => {
    testStart(kit);
  });
  describe('sigv4 request', () => {
    testRequests(kit);
    testStreams(kit);
  });
  describe('sigv4 sign and presign', () => {
    testSigning(kit);
  });
  describe('sigv4 whoami and assume', () => {
    testCallers(kit);
  });
});
