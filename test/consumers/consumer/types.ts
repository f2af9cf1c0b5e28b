// What a consumer writes must compile, strictly, with the library's own declarations checked too.
import axios from 'axios';
import ky from 'ky';

import { sigv4Interceptor } from '@sigv4/axios';
import '@sigv4/axios/config';
import {
  assumeRole,
  cacheCredentials,
  defaultCredentials,
  type Credentials,
  type CredentialsProvider,
} from '@sigv4/credentials';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';
import { createSigner, type SigV4Event, type SignedRequest } from '@sigv4/signer';
import { startLocalAws } from '@sigv4/testing';
import { defaultProvider } from '@aws-sdk/credential-provider-node';

const instance = axios.create({
  baseURL: 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod',
});
instance.interceptors.request.use(sigv4Interceptor());
instance.interceptors.request.use(sigv4Interceptor({ region: async () => 'eu-west-1' }), null, {
  synchronous: true,
});
axios.interceptors.request.use(sigv4Interceptor({ hosts: ['api.example.com', /internal/] }));
void instance.get<{ id: string }>('/orders', { sigv4: { region: 'us-east-1' } });
void instance.post('/orders', {}, { sigv4: false });
// @ts-expect-error -- true is no option
void instance.get('/orders', { sigv4: true });

const role = assumeRole({
  roleArn: 'arn:aws:iam::222222222222:role/invoke',
  source: defaultProvider(),
});
const signedFetch: typeof fetch = createSignedFetch({ credentials: role });
void signedFetch('https://api.example.com/');
void createSignedFetch()('https://api.example.com/', { method: 'POST', sigv4: false });
// @ts-expect-error -- a number is no service
createSignedFetch({ service: 7 });

ky.extend({ hooks: sigv4Hooks({ service: 'execute-api', region: 'eu-west-1' }) });

const cached = cacheCredentials(defaultProvider());
cached.invalidate({ accessKeyId: 'x' });
const provider: CredentialsProvider = defaultCredentials();
const credentials: Credentials = await provider({ forceRefresh: true });
// Fits the AWS SDK's own type.
const forSdk: ReturnType<ReturnType<typeof defaultProvider>> = Promise.resolve({ ...credentials });
void forSdk;

const signer = createSigner({ credentials, onEvent: (event: SigV4Event) => void event.type });
const signed: SignedRequest = await signer.sign({
  method: 'GET',
  url: 'https://x.example/',
  headers: new Headers(),
});
const response: Response = await signer.send(signed, ({ url, ...init }) =>
  fetch(url, init as RequestInit),
);
void response;
await using aws = await startLocalAws();
aws.clock.advance('55m');
