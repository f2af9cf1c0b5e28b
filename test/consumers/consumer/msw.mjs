// A project with MSW, 2 or 3: what falls through, what is refused, and STS.
import { createRequire } from 'node:module';

import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';

import { createSignedFetch } from '@sigv4/fetch';
import { mswAws } from '@sigv4/testing/msw';

const account = '111111111111';
const aws = mswAws({
  accounts: {
    [account]: {
      users: {
        shop: {
          policies: [
            {
              Version: '2012-10-17',
              Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
            },
          ],
        },
      },
    },
  },
  apis: { orders: { account, id: 'abc123', routes: [{ method: 'ANY', path: '/{proxy+}' }] } },
});
const url = `${aws.apis.orders.url}/orders`;
const server = setupServer(
  ...aws.handlers,
  http.post(url, async ({ request }) => HttpResponse.text(await request.text())),
);
server.listen();
const signedFetch = createSignedFetch({
  credentials: aws.credentialsOf(`arn:aws:iam::${account}:user/shop`),
  now: aws.clock.now,
});

console.log(createRequire(import.meta.url)('msw/package.json').version);
const mine = await signedFetch(url, { method: 'POST', body: 'mine' });
console.log(mine.status, await mine.text());
const refused = await fetch(url, { method: 'POST', body: 'mine' });
console.log(refused.status, (await refused.json()).message);
const sts = await signedFetch(`${aws.stsUrl}/?Action=GetCallerIdentity&Version=2011-06-15`);
console.log(sts.status, (await sts.text()).includes('user/shop') && 'sts');
server.close();
