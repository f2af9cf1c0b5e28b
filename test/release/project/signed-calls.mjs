// What a stranger's project does with each package: a signed call, which the local AWS verifies.
// `load` is `import()` or `require`. Prints the name of each package whose call was answered.
export async function signedCalls(names, load) {
  const allow = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
  };
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: '111111111111' }, Action: 'sts:AssumeRole' },
  };
  const { startLocalAws } = await load('@sigv4/testing');
  const aws = await startLocalAws({
    accounts: {
      111111111111: { users: { caller: { policies: [allow] } } },
      222222222222: { roles: { invoke: { trust, policies: [allow] } } },
    },
    apis: {
      api: {
        account: '222222222222',
        routes: [{ method: 'ANY', path: '/{proxy+}', handler: ({ body }) => ({ body }) }],
      },
    },
  });
  const { assumeRole } = await load('@sigv4/credentials');
  const options = {
    region: aws.region,
    now: aws.clock.now,
    credentials: assumeRole({
      roleArn: 'arn:aws:iam::222222222222:role/invoke',
      source: aws.credentialsOf('arn:aws:iam::111111111111:user/caller'),
      endpoint: aws.stsUrl,
      region: aws.region,
      now: aws.clock.now,
    }),
  };
  const url = `${aws.apiUrl}/orders?q=a b&q=ü`;

  /** Each sends `ä` and gives what came back. */
  const calls = {
    axios: async ({ sigv4Interceptor }) => {
      const { default: axios } = await load('axios');
      const client = axios.create();
      client.interceptors.request.use(sigv4Interceptor(options));
      return (await client.post(url, 'ä')).data;
    },
    credentials: async ({ cacheCredentials }) => {
      const { accessKeyId } = await cacheCredentials(options.credentials)();
      return accessKeyId.startsWith('ASIA') ? 'ä' : accessKeyId;
    },
    fetch: async ({ createSignedFetch }) => {
      const response = await createSignedFetch(options)(url, { method: 'POST', body: 'ä' });
      return response.text();
    },
    ky: async ({ sigv4Hooks }) => {
      const { default: ky } = await load('ky');
      return ky
        .extend({ hooks: sigv4Hooks(options) })
        .post(url, { body: 'ä' })
        .text();
    },
    signer: async ({ createSigner }) => {
      const { sign } = createSigner(options);
      const signed = await sign({ method: 'POST', url, body: 'ä' });
      return (await fetch(signed.url, signed)).text();
    },
    testing: () => 'ä',
  };

  for (const name of names) {
    const call = calls[name];
    if (call === undefined) throw new Error(`test/release/project has no call for @sigv4/${name}`);
    const answer = await call(await load(`@sigv4/${name}`));
    if (answer !== 'ä') throw new Error(`@sigv4/${name}: ${JSON.stringify(answer)}`);
    console.log(name);
  }
  const refused = aws.requests.filter(({ refusal }) => refusal !== undefined);
  if (refused.length > 0) throw new Error(JSON.stringify(refused));
  await aws.close();
}
