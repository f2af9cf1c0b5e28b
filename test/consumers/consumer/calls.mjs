// A consumer's program: both accounts, each client that runs on this version of Node.
import axios from 'axios';

import { sigv4Interceptor } from '@sigv4/axios';
import { assumeRole } from '@sigv4/credentials';
import { createSignedFetch } from '@sigv4/fetch';
import { startLocalAws } from '@sigv4/testing';

const allow = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };
const trust = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: '111111111111' }, Action: 'sts:AssumeRole' },
};
const aws = await startLocalAws({
  accounts: {
    111111111111: { users: { caller: { policies: [allow] } } },
    222222222222: { roles: { invoke: { trust, policies: [allow] } } },
  },
  apis: {
    api: {
      account: '222222222222',
      routes: [{ method: 'ANY', path: '/{proxy+}', handler: ({ body }) => ({ body }) }],
    },
  },
});
const options = {
  region: aws.region,
  now: aws.clock.now,
  credentials: assumeRole({
    roleArn: 'arn:aws:iam::222222222222:role/invoke',
    source: aws.credentialsOf('arn:aws:iam::111111111111:user/caller'),
    endpoint: aws.stsUrl,
    region: aws.region,
    now: aws.clock.now,
  }),
};
const url = `${aws.apiUrl}/orders?q=a b&q=ü`;

for (const adapter of ['http', 'fetch']) {
  const client = axios.create({ adapter });
  client.interceptors.request.use(sigv4Interceptor(options));
  const { data, config } = await client.post(url, 'ä', { params: { more: 'b c' } });
  console.log(adapter, data, config.adapter);
  const form = new FormData();
  form.append('a', 'ü');
  if (!(await client.post(url, form)).data.includes('ü')) throw new Error('the form was lost');
}

const signedFetch = createSignedFetch(options);
console.log('fetch', await (await signedFetch(url, { method: 'POST', body: 'ä' })).text());

if (Number(process.versions.node.split('.')[0]) >= 22) {
  const { default: ky } = await import('ky');
  const { sigv4Hooks } = await import('@sigv4/ky');
  const api = ky.extend({ hooks: sigv4Hooks(options) });
  console.log('ky', await api.post(url, { body: 'ä' }).text());
}
console.log('sts', aws.requests.filter(({ service }) => service === 'sts').length);
await aws.close();
