// Run by environment.test.ts: a service that leaves it to its environment who it is.
import { defaultProvider } from '@aws-sdk/credential-provider-node';

import { createSignedFetch } from '@sigv4/fetch';

const { accessKeyId, sessionToken, expiration } = await defaultProvider()();
const response = await createSignedFetch({ service: 'execute-api' })(process.argv[2] ?? '');
console.log(
  JSON.stringify({
    accessKeyId,
    isSession: sessionToken !== undefined,
    expiration,
    status: response.status,
    caller: await response.text(),
  }),
);
