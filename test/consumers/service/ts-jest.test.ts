import axios, { AxiosError } from 'axios';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { matchers } from '@sigv4/testing/matchers';

import { observe, optionsFor, startAws } from './service';

expect.extend(matchers);

test('signed calls come to what unsigned ones do', async () => {
  const { own, pairs } = await observe();
  expect(Object.keys(pairs)).toEqual(['http', 'fetch', 'globalFetch']);
  for (const [unsigned, signed] of Object.values(pairs)) expect(signed).toEqual(unsigned);
  expect(own.denied).toEqual([true, 'AccessDenied']);
  expect(own.insecure).toEqual([true, 'ERR_SIGV4_INSECURE']);
  expect(own.refused).toEqual([true, 'wrong-scope']);
});

test('the matchers, typed by @types/jest', async () => {
  const aws = await startAws();
  const options = optionsFor(aws);
  const client = axios.create({ baseURL: aws.apis.signed?.url });
  await expect(client.get('/echo')).rejects.toBeInstanceOf(AxiosError);
  expect(aws.requests.at(-1)).toBeRefused('Missing Authentication Token');
  client.interceptors.request.use(sigv4Interceptor(options));
  await client.get('/echo');
  expect(aws.requests.at(-1)).toBeSignedBy('arn:aws:iam::222222222222:role/invoke');
  await createSignedFetch(options)(`${aws.apis.signed?.url}/echo`);
  expect(aws.requests.at(-1)).toBeAllowed();
  await aws.close();
});
