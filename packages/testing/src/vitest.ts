import { expect } from 'vitest';

import { matchers, type SigV4Matchers } from './matchers.ts';

expect.extend(matchers);

declare module 'vitest' {
  interface Matchers<
    R extends void | Promise<void> = void | Promise<void>,
    T = unknown,
  > extends SigV4Matchers<R> {}
}
