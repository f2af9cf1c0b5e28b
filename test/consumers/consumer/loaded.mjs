// Prints which third-party modules a first signed call with credentials of the environment loads.
import { registerHooks } from 'node:module';

const loaded = new Set();
registerHooks({
  load(url, context, nextLoad) {
    loaded.add(url);
    return nextLoad(url, context);
  },
});
const { createSignedFetch } = await import('@sigv4/fetch');
const { assumeRole } = await import('@sigv4/credentials');
const answer = async () =>
  new Response(
    '<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>',
  );
await createSignedFetch({ region: 'eu-west-1', fetch: answer })('https://api.example.com/');
await assumeRole({ roleArn: 'arn:aws:iam::222222222222:role/invoke', fetch: answer })();
for (const url of loaded) if (!url.startsWith('node:')) console.log(url);
