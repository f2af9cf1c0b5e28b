import { join } from 'node:path';

import { defineConfig } from 'vitest/config';

// The sources, unbuilt. What is built and packed is tested in test/consumers.
const conditions = ['@sigv4/source', 'node'];

function installed(name: string): string {
  return join(import.meta.dirname, 'test/node_modules', name);
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // A loaded machine is slow, not wrong; no test waits for time to pass.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['packages/*/test/**/*.test.ts', 'examples/*/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/consumers/**'],
        },
      },
      {
        extends: true,
        // All share what is built and packed once.
        test: {
          name: 'consumers',
          include: ['test/consumers/*.test.ts'],
          globalSetup: 'test/consumers/packed.ts',
        },
      },
      {
        extends: true,
        // The other end of the ranges that are promised.
        resolve: { alias: { axios: installed('axios-1.7'), ky: installed('ky-2.0') } },
        test: {
          name: 'oldest clients',
          include: [
            'test/wire/*.test.ts',
            'test/clients/{all-clients,ky}.test.ts',
            'test/transparent/{axios-configs,ky-hooks}.test.ts',
          ],
          exclude: ['test/wire/other-node.test.ts'],
        },
      },
    ],
    coverage: { include: ['packages/*/src/**'] },
    // No test may depend on the machine's own AWS settings.
    env: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      AWS_REGION: '',
      AWS_DEFAULT_REGION: '',
      AWS_ENDPOINT_URL: '',
      AWS_ENDPOINT_URL_STS: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      // Processes that tests start run the sources too.
      NODE_OPTIONS: '--conditions=@sigv4/source',
    },
  },
});
