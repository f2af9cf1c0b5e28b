// Run by first-call.test.ts: a process's first call of STS, and what of Node it has loaded for it.
const [, , way = '', roleArn = '', region = ''] = process.argv;

let byMock = 0;
const mock: typeof fetch = () => {
  byMock += 1;
  const answer =
    '<R><Credentials><AccessKeyId>ASIAMOCK</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></R>';
  return Promise.resolve(new Response(answer));
};
if (way === 'used') await (await fetch(process.env['AWS_ENDPOINT_URL_STS'] ?? '')).text();
if (way.startsWith('early mock')) globalThis.fetch = mock;

// A static import would come before the mock.
const { assumeRole } = await import('@sigv4/credentials');
if (way === 'mock') globalThis.fetch = mock;
const { accessKeyId } = await assumeRole({
  roleArn,
  region,
  ...(way.endsWith('passed') && { fetch: globalThis.fetch }),
})();
const hasUndici = Symbol.for('undici.globalDispatcher.1') in globalThis;
console.log(JSON.stringify({ accessKeyId, byMock, hasUndici }));
