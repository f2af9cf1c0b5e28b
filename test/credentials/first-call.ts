// Run by first-call.test.ts: a process's first call of STS, and what of Node it has loaded for it.
const [, , way = '', roleArn = '', region = ''] = process.argv;

let byMock = 0;
if (way === 'mock') {
  globalThis.fetch = async () => {
    byMock += 1;
    return new Response(
      '<R><Credentials><AccessKeyId>ASIAMOCK</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></R>',
    );
  };
}
if (way === 'used') await (await fetch(process.env['AWS_ENDPOINT_URL_STS'] ?? '')).text();

// A static import would come before the mock.
const { assumeRole } = await import('@sigv4/credentials');
const { accessKeyId } = await assumeRole({ roleArn, region })();
const hasUndici = Symbol.for('undici.globalDispatcher.1') in globalThis;
console.log(JSON.stringify({ accessKeyId, byMock, hasUndici }));
