// handler.ts as CommonJS, for a function that is not bundled: Lambda loads it as it is.
const { assumeRole } = require('@sigv4/credentials');
const { createSignedFetch } = require('@sigv4/fetch');

const partnerUrl = required('PARTNER_API_URL');

const partnerFetch = createSignedFetch({
  credentials: assumeRole({
    roleArn: required('PARTNER_ROLE_ARN'),
    externalId: required('PARTNER_EXTERNAL_ID'),
  }),
  hosts: [new URL(partnerUrl).host],
});

exports.handler = async ({ sku }) => {
  const response = await partnerFetch(`${partnerUrl}/stock/${encodeURIComponent(sku)}`);
  if (!response.ok) {
    throw new Error(`the partner answered ${response.status}: ${await response.text()}`);
  }
  return response.json();
};

function required(name) {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set`);
}
