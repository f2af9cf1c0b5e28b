import { afterAll, beforeAll, beforeEach } from 'vitest';

import { startRawServer, type RawServer } from './raw-server.ts';

/** One for all tests of a file, which knows nothing of the test before. */
export function sharedRawServer(): Omit<RawServer, 'close'> {
  let server: RawServer;
  beforeAll(async () => {
    server = await startRawServer();
  });
  beforeEach(() => {
    server.requests.length = 0;
    server.answers.length = 0;
  });
  afterAll(() => server.close());
  return {
    get origin() {
      return server.origin;
    },
    get port() {
      return server.port;
    },
    get requests() {
      return server.requests;
    },
    get answers() {
      return server.answers;
    },
    received: () => server.received(),
  };
}
