const { sigv4Interceptor } = require('@sigv4/axios');
const { assumeRole } = require('@sigv4/credentials');
const { createSignedFetch } = require('@sigv4/fetch');
const { createSigner } = require('@sigv4/signer');
const { startLocalAws } = require('@sigv4/testing');

console.log(
  [sigv4Interceptor, assumeRole, createSignedFetch, createSigner, startLocalAws]
    .map((f) => typeof f)
    .join(),
);
