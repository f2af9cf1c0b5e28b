// The matchers, on requests that another entry point of the package made.
import { createSignedFetch } from '@sigv4/fetch';
import { startLocalAws } from '@sigv4/testing';
import { matchers } from '@sigv4/testing/matchers';

const account = '111111111111';
const arn = `arn:aws:iam::${account}:user/shop`;
const Statement = { Effect: 'Allow', Action: '*', Resource: '*' };
const aws = await startLocalAws({
  accounts: {
    [account]: { users: { shop: { policies: [{ Version: '2012-10-17', Statement }] } } },
  },
  apis: { orders: { account, routes: [{ method: 'GET', path: '/orders', handler: () => ({}) }] } },
});
const { region, clock } = aws;
const signedFetch = createSignedFetch({
  credentials: aws.credentialsOf(arn),
  region,
  now: clock.now,
});
await signedFetch(`${aws.apiUrl}/orders`);
await fetch(`${aws.apiUrl}/orders`);
const [signed, unsigned] = aws.requests;
console.log(matchers.toBeSignedBy(signed, arn).pass, matchers.toBeAllowed(signed).pass);
console.log(matchers.toBeSignedBy(unsigned, arn).pass, matchers.toBeRefused(unsigned).pass);
await aws.close();
