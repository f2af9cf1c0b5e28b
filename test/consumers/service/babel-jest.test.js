import axios from 'axios';

import { sigv4Interceptor } from '@sigv4/axios';
import { resolveTarget } from '@sigv4/signer';
import { CapturedRequest } from '@sigv4/signer/client';
import { sigv4aEngine } from '@sigv4/signer/sigv4a';
import { matchers } from '@sigv4/testing/matchers';

import { observe } from './service';

expect.extend(matchers);

test('signed calls come to what unsigned ones do', async () => {
  const { own, pairs, last, arn } = await observe();
  for (const [unsigned, signed] of Object.values(pairs)) expect(signed).toEqual(unsigned);
  expect(own).toMatchObject({ renewed: 200, signed: 'AWS4-HMAC-SHA256' });
  expect(last).toBeSignedBy(arn);
});

test('jest.mock and fake timers do not stand in the way', async () => {
  jest.useFakeTimers();
  const { pairs } = await observe(['http']);
  jest.useRealTimers();
  expect(pairs.http[1]).toEqual(pairs.http[0]);
});

test('the other entry points', async () => {
  const url = 'https://abc123.execute-api.eu-west-1.amazonaws.com/';
  expect(resolveTarget(url)).toMatchObject({ service: 'execute-api', region: 'eu-west-1' });
  expect([typeof CapturedRequest, typeof sigv4aEngine]).toEqual(['function', 'function']);
  expect(axios.create().interceptors.request.use(sigv4Interceptor())).toBe(0);
});
