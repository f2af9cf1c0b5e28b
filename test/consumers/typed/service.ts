// What a service writes that has no DOM library: Node's types are all that it has.
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';

import { rejectionOf, sigv4Interceptor, type SigV4InterceptorOptions } from '@sigv4/axios';
import '@sigv4/axios/config';
import {
  assumeRole,
  cacheCredentials,
  CredentialsError,
  defaultCredentials,
  type CredentialsProvider,
} from '@sigv4/credentials';
import { createSignedFetch, type SignedFetch } from '@sigv4/fetch';
import { createSigner, explain, SigV4Error, type SignedRequest } from '@sigv4/signer';
import { CapturedRequest, headerRecord } from '@sigv4/signer/client';
import { sigv4aEngine } from '@sigv4/signer/sigv4a';
import { startLocalAws, type LocalAws } from '@sigv4/testing';
import { matchers, type MatcherResult } from '@sigv4/testing/matchers';

const options: SigV4InterceptorOptions = { region: 'eu-west-1' };
const orders: AxiosInstance = axios.create({ baseURL: 'https://api.example.com' });
orders.interceptors.request.use(sigv4Interceptor(options), null, { synchronous: true });
void orders.get<{ id: string }>('/orders', { sigv4: false });
const config: AxiosRequestConfig = { sigv4: { region: 'us-east-1' } };
// @ts-expect-error -- true is no option
void orders.get('/orders', { ...config, sigv4: true });

const role: CredentialsProvider = assumeRole({ roleArn: 'arn:aws:iam::222222222222:role/invoke' });
const signedFetch: SignedFetch = createSignedFetch({ credentials: cacheCredentials(role), fetch });
const asFetch: typeof fetch = signedFetch;
for (const input of ['https://x.example/', new URL('https://x.example/'), new Request('x:')]) {
  void asFetch(input, { method: 'POST', body: 'x', headers: new Headers() });
}
void signedFetch('https://x.example/', { sigv4: { region: 'us-east-1' } })
  .then((response: Response) => response.json())
  .catch((error: unknown) => {
    if (error instanceof SigV4Error) return error.code satisfies `ERR_SIGV4_${string}`;
    if (error instanceof CredentialsError) return error.recoverable satisfies boolean;
    if (error instanceof AxiosError) return rejectionOf(error)?.explanation;
    return undefined;
  });

const signer = createSigner({ credentials: defaultCredentials() });
void signer
  .sign({ method: 'GET', url: 'https://x.example/' })
  .then((signed: SignedRequest) => signed.url);
const captured = new CapturedRequest('GET', 'https://x.example/', headerRecord({}), undefined);
void signer.send(captured, async ({ url }) => fetch(url)).then((answer) => explain(answer)?.reason);
void sigv4aEngine;

const result = (aws: LocalAws): MatcherResult => matchers.toBeAllowed(aws.requests[0]);
void startLocalAws().then(result);
