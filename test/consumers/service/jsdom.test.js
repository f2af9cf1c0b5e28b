// jsdom has neither fetch nor streams, and axios takes XMLHttpRequest there.
const axios = require('axios');

const { sigv4Interceptor } = require('@sigv4/axios');
const { createSignedFetch } = require('@sigv4/fetch');
const { createSigner } = require('@sigv4/signer');

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'token',
};
const options = { credentials, region: 'eu-west-1', now: () => 0 };
const url = 'https://api.example.com/orders';

test('this is what jsdom lacks', () => {
  expect(typeof window).toBe('object');
  expect(['fetch', 'Response', 'ReadableStream'].filter((name) => name in globalThis)).toEqual([]);
});

test.each([
  ['nothing', undefined],
  ['text', 'ü'],
  ['JSON', { a: 'ü' }],
  ['bytes', Buffer.from('ü')],
  ['a form', new URLSearchParams({ a: 'ü' })],
])('axios signs %s for a mock', async (_name, data) => {
  const sent = [];
  const client = axios.create({
    adapter: async (config) => {
      sent.push(config.headers.get('authorization'));
      return { status: 200, statusText: 'OK', headers: {}, data: 'ok', config };
    },
  });
  client.interceptors.request.use(sigv4Interceptor(options));
  expect((await client.post(url, data)).data).toBe('ok');
  expect(sent[0]).toMatch(/^AWS4-HMAC-SHA256 /);
});

test('a refusal by a mock is explained', async () => {
  const client = axios.create({
    adapter: async (config) => {
      const data = '{"message":"The security token included in the request is expired"}';
      const headers = { 'x-amzn-errortype': 'ExpiredTokenException' };
      const response = { status: 403, statusText: 'Forbidden', headers, data, config };
      throw new axios.AxiosError('refused', 'ERR_BAD_REQUEST', config, null, response);
    },
  });
  client.interceptors.request.use(sigv4Interceptor(options));
  const error = await client.get(url).catch((caught) => caught);
  expect(error).toBeInstanceOf(axios.AxiosError);
  expect(error.sigv4.reason).toBe('token-expired');
});

test('a fetch that the test has put there gets signed calls', async () => {
  globalThis.fetch = jest.fn(async () => ({ ok: true, status: 200, headers: new Map() }));
  await createSignedFetch(options)(url, { method: 'POST', body: 'ü' });
  const [[to, { method, headers, body }]] = fetch.mock.calls;
  expect([to, method, body]).toEqual([url, 'POST', 'ü']);
  expect(headers.get('authorization')).toMatch(/^AWS4-HMAC-SHA256 /);
});

test.each([
  ['text', 'ü'],
  ['bytes', new Uint8Array([1, 2, 3])],
  ['a lot', 'ü'.repeat(600_000)],
])('sign() takes %s', async (_name, body) => {
  const { headers } = await createSigner(options).sign({ method: 'PUT', url, body });
  expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
});
