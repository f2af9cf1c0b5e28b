// A CommonJS service: what it sees of each call, signed and unsigned.
const axios = require('axios');
const { AxiosError, CanceledError } = axios;

const { rejectionOf, sigv4Interceptor } = require('@sigv4/axios');
const { assumeRole, CredentialsError } = require('@sigv4/credentials');
const { createSignedFetch } = require('@sigv4/fetch');
const { createSigner, SigV4Error } = require('@sigv4/signer');
const { startLocalAws } = require('@sigv4/testing');

const [OWN, PARTNER] = ['111111111111', '222222222222'];
const ROLE = `arn:aws:iam::${PARTNER}:role/invoke`;
const handler = ({ method, query, body }) => ({ body: { method, query: [...query], body } });
const routes = (authorization) => [
  { method: 'ANY', path: '/echo', authorization, handler },
  { method: 'GET', path: '/gone', authorization, handler: () => ({ status: 410 }) },
  {
    method: 'GET',
    path: '/no',
    authorization,
    handler: () => ({ status: 403, body: { no: 'ü' } }),
  },
];

async function startAws() {
  const Statement = { Effect: 'Allow', Action: '*', Resource: '*' };
  const allow = { Version: '2012-10-17', Statement };
  const trusted = { Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' };
  const trust = { Version: '2012-10-17', Statement: trusted };
  return startLocalAws({
    accounts: {
      [OWN]: { users: { service: { policies: [allow] }, stranger: {} } },
      [PARTNER]: { roles: { invoke: { trust, policies: [allow] } } },
    },
    apis: {
      signed: { account: PARTNER, routes: routes('AWS_IAM') },
      unsigned: { account: PARTNER, routes: routes('NONE') },
    },
  });
}

/** Options of a service that calls in the name of a role in the partner's account. */
function optionsFor(aws, user = 'service') {
  const here = { region: aws.region, now: aws.clock.now };
  const source = aws.credentialsOf(`arn:aws:iam::${OWN}:user/${user}`);
  return {
    ...here,
    credentials: assumeRole({ ...here, roleArn: ROLE, source, endpoint: aws.stsUrl }),
  };
}

const outcome = (promise) => promise.then(({ status, data }) => ({ status, data }), errorOf);
const errorOf = (error) => ({
  axios: error instanceof AxiosError,
  canceled: error instanceof CanceledError,
  code: error.code,
  status: error.response?.status,
});

/** What the same calls come to with an axios instance of a service. */
async function axiosCalls(aws, api, adapter, ...use) {
  const client = axios.create({ adapter, baseURL: aws.apis[api].url });
  if (use.length > 0) client.interceptors.request.use(...use);
  const form = new FormData();
  form.append('a', 'ü');
  const seen = {
    json: await outcome(client.post('/echo', { a: 'ü' })),
    query: await outcome(client.get('/echo', { params: { q: 'a b', tag: ['x', 'y'] } })),
    text: await outcome(client.put('/echo', 'ü', { headers: { 'content-type': 'text/plain' } })),
    bytes: await outcome(client.post('/echo', Buffer.from('bytes'))),
    form: (await outcome(client.post('/echo', form))).data?.body.includes('ü'),
    stream: (await outcome(client.get('/echo', { responseType: 'stream' }))).status,
    gone: await outcome(client.get('/gone')),
    no: await outcome(client.get('/no')),
    noBytes: await outcome(client.get('/no', { responseType: 'arraybuffer' })),
    noStream: await outcome(client.get('/no', { responseType: 'stream' })),
    nowhere: await outcome(client.get('http://127.0.0.1:1/')),
    aborted: await outcome(client.get('/echo', { signal: AbortSignal.abort() })),
  };
  aws.faults.next(1, { latency: Infinity }, { api });
  seen.late = await outcome(client.get('/echo', { timeout: 50 }));
  aws.faults.next(1, { drop: 'before' }, { api });
  seen.dropped = (await outcome(client.get('/echo'))).axios;
  return seen;
}

async function fetchCalls(aws, api, fetchIt) {
  const url = `${aws.apis[api].url}/echo`;
  const posted = await fetchIt(url, { method: 'POST', body: new URLSearchParams({ a: 'ü' }) });
  const aborted = await fetchIt(url, { signal: AbortSignal.abort() }).catch(({ name }) => name);
  const refused = await fetchIt(`${aws.apis[api].url}/no`);
  return {
    posted: [posted.status, await posted.json()],
    aborted,
    refused: [refused.status, await refused.json()],
  };
}

/** What nobody but a signer throws or tells. */
async function signersOwn(aws) {
  const options = optionsFor(aws);
  const calling = (changed) => {
    const client = axios.create({ adapter: 'http' });
    client.interceptors.request.use(sigv4Interceptor({ ...options, ...changed }));
    return (url = `${aws.apis.signed.url}/echo`) => client.get(url).catch((error) => error);
  };
  const insecure = await calling()('http://api.example.com/');
  const denied = await calling(optionsFor(aws, 'stranger'))();
  const refused = await calling({ service: 's3' })();
  const call = calling();
  await call();
  aws.clock.advance('2h');
  const request = { method: 'GET', url: 'https://api.example.com/' };
  return {
    insecure: [insecure instanceof SigV4Error, insecure.code],
    denied: [denied instanceof CredentialsError, denied.code],
    refused: [refused instanceof AxiosError, rejectionOf(refused)?.reason],
    renewed: (await call()).status,
    signed: (await createSigner(options).sign(request)).headers.authorization.split(' ')[0],
  };
}

/** @param adapters the names of those that this process has */
async function observe(adapters = ['http', 'fetch']) {
  const aws = await startAws();
  try {
    const own = await signersOwn(aws);
    const interceptor = sigv4Interceptor(optionsFor(aws));
    const pairs = {};
    for (const adapter of adapters) {
      pairs[adapter] = [
        await axiosCalls(aws, 'unsigned', adapter),
        await axiosCalls(aws, 'signed', adapter, interceptor, null, { synchronous: true }),
      ];
    }
    if (globalThis.fetch) {
      pairs.globalFetch = [
        await fetchCalls(aws, 'unsigned', fetch),
        await fetchCalls(aws, 'signed', createSignedFetch(optionsFor(aws))),
      ];
    }
    return { own, pairs, arn: ROLE, last: aws.requests.at(-1) };
  } finally {
    await aws.close();
  }
}

module.exports = { observe, optionsFor, startAws };
if (require.main === module) void observe().then((seen) => console.log(JSON.stringify(seen)));
