// Run by first-call.test.ts: a process's first call of STS, and what of Node it has loaded for it.
import { runInNewContext } from 'node:vm';

const [, , way = '', roleArn = '', region = ''] = process.argv;

let byMock = 0;
// As plain a function as Node's own.
const mock: typeof fetch = () => {
  byMock += 1;
  const answer =
    '<R><Credentials><AccessKeyId>ASIAMOCK</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></R>';
  return Promise.resolve(new Response(answer));
};
if (way === 'mock') globalThis.fetch = mock;
if (way === 'disguised mock') {
  const text = String(fetch);
  globalThis.fetch = Object.assign(mock, { toString: () => text });
}
if (way === 'mock of another realm') {
  const wrap = '(mock) => (url, init) => mock(url, init, "internal/deps/undici")';
  globalThis.fetch = (runInNewContext(wrap) as (inner: typeof fetch) => typeof fetch)(mock);
}
if (way === 'used') await (await fetch(process.env['AWS_ENDPOINT_URL_STS'] ?? '')).text();

// A static import would come before the mock.
const { assumeRole } = await import('@sigv4/credentials');
const { accessKeyId } = await assumeRole({ roleArn, region })();
const hasUndici = Symbol.for('undici.globalDispatcher.1') in globalThis;
console.log(JSON.stringify({ accessKeyId, byMock, hasUndici }));
