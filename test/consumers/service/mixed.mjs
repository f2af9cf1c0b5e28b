// A program that has both copies of each package: its own ES modules, and the CommonJS ones of
// something that it depends on. Prints what does not hold.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import importedAxios from 'axios';

import * as esmAxios from '@sigv4/axios';
import * as esmCredentials from '@sigv4/credentials';
import * as esmFetch from '@sigv4/fetch';
import * as esmSigner from '@sigv4/signer';
import * as esmClient from '@sigv4/signer/client';
import { matchers as esmMatchers } from '@sigv4/testing/matchers';

import service from './service.js';

const require = createRequire(import.meta.url);
const required = {
  client: require('axios'),
  axios: require('@sigv4/axios'),
  credentials: require('@sigv4/credentials'),
  fetch: require('@sigv4/fetch'),
  signer: require('@sigv4/signer'),
  forClients: require('@sigv4/signer/client'),
  matchers: require('@sigv4/testing/matchers').matchers,
};
const imported = {
  client: importedAxios,
  axios: esmAxios,
  credentials: esmCredentials,
  fetch: esmFetch,
  signer: esmSigner,
  forClients: esmClient,
  matchers: esmMatchers,
};
assert.notEqual(imported.signer.createSigner, required.signer.createSigner, 'only one copy');

const aws = await service.startAws();
const options = service.optionsFor(aws);
const url = `${aws.apis.signed.url}/echo`;

for (const [one, other] of [
  [imported, required],
  [required, imported],
]) {
  // Errors, their subclasses and what is none.
  for (const [type, otherType, error] of [
    [
      one.signer.SigV4Error,
      other.signer.SigV4Error,
      new other.signer.SigV4Error('ERR_SIGV4_URL', 'x'),
    ],
    [
      one.credentials.CredentialsError,
      other.credentials.CredentialsError,
      new other.credentials.CredentialsError('Timeout', 'x', { recoverable: true }),
    ],
  ]) {
    class Own extends type {}
    class OtherOwn extends otherType {}
    assert(error instanceof type && error instanceof otherType && error instanceof Error);
    assert(Object.assign(Object.create(OtherOwn.prototype), {}) instanceof type);
    assert(!(error instanceof Own) && !(error instanceof OtherOwn));
    for (const none of [new Error('x'), null, undefined, 'SigV4Error', {}, { name: type.name }]) {
      assert(!(none instanceof type) && !(none instanceof Own));
    }
    assert.deepEqual(
      Reflect.ownKeys(error).filter((key) => typeof key === 'symbol'),
      [],
    );
  }
  assert(
    !(
      new one.signer.SigV4Error('ERR_SIGV4_URL', 'x') instanceof other.credentials.CredentialsError
    ),
  );

  // Credentials of one copy, kept and renewed by it, with a client of the other.
  const before = aws.requests.filter(({ action }) => action === 'AssumeRole').length;
  const role = one.credentials.assumeRole({
    roleArn: 'arn:aws:iam::222222222222:role/invoke',
    source: other.credentials.cacheCredentials(async () =>
      aws.credentialsOf('arn:aws:iam::111111111111:user/service'),
    ),
    endpoint: aws.stsUrl,
    region: aws.region,
    now: aws.clock.now,
  });
  const cached = other.credentials.cacheCredentials(role, { now: aws.clock.now });
  assert.equal(cached, role, 'a cache around a cache');
  const signedFetch = other.fetch.createSignedFetch({ ...options, credentials: cached });
  await Promise.all([signedFetch(url), signedFetch(url), signedFetch(url)]);
  aws.clock.advance('2h');
  assert.equal((await signedFetch(url)).status, 200);
  const calls = aws.requests.filter(({ action }) => action === 'AssumeRole').length - before;
  assert.equal(calls, 2, 'sessions');

  // An instance with interceptors of both copies signs once.
  const client = one.client.create();
  const clock = { calls: 0 };
  const now = () => (clock.calls += 1) && aws.clock.now();
  client.interceptors.request.use(one.axios.sigv4Interceptor({ ...options, now }));
  client.interceptors.request.use(other.axios.sigv4Interceptor(options));
  assert.equal((await client.get(url)).status, 200);
  assert.equal(clock.calls, 0, 'the first interceptor signed too');

  // A client's captured call, sent by a signer of the other copy.
  const captured = new one.forClients.CapturedRequest(
    'POST',
    url,
    one.forClients.headerRecord({}),
    async () => 'x',
  );
  const answer = await other.signer
    .createSigner(options)
    .send(captured, ({ url: to, ...init }) => fetch(to, init));
  assert.equal((await answer.json()).body, 'x');

  // Why a call was refused, and the matchers.
  const refused = await one.fetch.createSignedFetch({ ...options, service: 's3' })(url);
  assert.equal(other.signer.explain(refused)?.reason, 'wrong-scope');
  const wrong = one.client.create();
  wrong.interceptors.request.use(one.axios.sigv4Interceptor({ ...options, service: 's3' }));
  const error = await wrong.get(url).catch((caught) => caught);
  assert.equal(other.axios.rejectionOf(error)?.reason, 'wrong-scope');
  assert(error instanceof one.client.AxiosError);
  const canceled = await client.get(url, { signal: AbortSignal.abort() }).catch((caught) => caught);
  assert(canceled instanceof one.client.CanceledError);
  for (const { matchers } of [one, other]) {
    assert(matchers.toBeRefused(aws.requests.at(-1), /scoped/).pass);
    assert.throws(() => matchers.toBeAllowed({}), TypeError);
  }
}
await aws.close();
console.log('all holds');
