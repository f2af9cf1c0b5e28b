// Run by proxies.test.ts: calls STS at each endpoint in each way, and tells the codes of the errors.
import { assumeRole, assumeRoleWithWebIdentity, getSessionToken } from '@sigv4/credentials';

const [, , asked = '[]'] = process.argv;
const cases = JSON.parse(asked) as { endpoint: string; way: string; allowInsecureHttp: boolean }[];
const roleArn = 'arn:aws:iam::222222222222:role/orders-invoke';
const source = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's' };
const nodes = globalThis.fetch;

for (const { endpoint, way, allowInsecureHttp } of cases) {
  globalThis.fetch = way === 'replaced' ? (input, init) => nodes(input, init) : nodes;
  const options = {
    endpoint,
    allowInsecureHttp,
    random: () => 0,
    ...(way === 'passed' && { fetch: nodes }),
  };
  const calls = [
    assumeRole({ roleArn, source, ...options }),
    assumeRoleWithWebIdentity({ roleArn, webIdentityToken: () => 'ey.j', ...options }),
    getSessionToken({ source, ...options }),
  ];
  const codes = new Set<unknown>();
  for (const call of calls) {
    codes.add(await call().then(String, ({ code }: { code: unknown }) => code));
  }
  console.log([endpoint, way, ...codes].join(' '));
}
