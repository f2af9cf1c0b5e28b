import { defineConfig } from 'vitest/config';

// The sources, unbuilt. What is built and packed is tested in test/consumers.
const conditions = ['@sigv4/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/**/*.test.ts', 'test/**/*.test.ts'],
    // Compilers and other runtimes are slow on a busy machine; no test waits for time to pass.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    coverage: { include: ['packages/*/src/**'] },
    // No test may depend on the machine's own AWS settings.
    env: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      AWS_REGION: '',
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
