// A function as a bundler takes it: each station of the packages that is loaded late is used.
const axios = require('axios');

const { rejectionOf, sigv4Interceptor } = require('@sigv4/axios');
const { assumeRole } = require('@sigv4/credentials');
const { createSignedFetch } = require('@sigv4/fetch');
const { createSigner, SigV4Error } = require('@sigv4/signer');

const { API_URL, ROLE_ARN, STS_URL } = process.env;

exports.handler = async () => {
  const options = {
    region: 'eu-west-1',
    credentials: assumeRole({ roleArn: ROLE_ARN, endpoint: STS_URL, region: 'eu-west-1' }),
  };
  const client = axios.create({ baseURL: API_URL });
  client.interceptors.request.use(sigv4Interceptor(options));
  const form = new FormData();
  form.append('a', 'ü');
  const wrong = axios.create({ baseURL: API_URL });
  wrong.interceptors.request.use(sigv4Interceptor({ ...options, service: 's3' }));
  const refused = await wrong.get('/echo').catch((error) => error);
  const signedFetch = createSignedFetch(options);
  const inUrl = createSignedFetch({ ...options, signatureIn: 'query' });
  const insecure = await signedFetch('http://api.example.com/').catch((error) => error);
  const signer = createSigner(options);
  return [
    (await client.post('/echo', { a: 'ü' })).data.body,
    (await client.post('/echo', form)).status,
    refused instanceof axios.AxiosError && rejectionOf(refused).reason,
    await (await signedFetch(`${API_URL}/echo`, { method: 'POST', body: 'ü' })).json(),
    (await signedFetch(`${API_URL}/echo`, { method: 'POST', body: form })).status,
    (await inUrl(`${API_URL}/echo`)).status,
    insecure instanceof SigV4Error,
    (await signer.presign('https://bucket.s3.eu-west-1.amazonaws.com/key')).search.includes(
      'X-Amz',
    ),
  ];
};
