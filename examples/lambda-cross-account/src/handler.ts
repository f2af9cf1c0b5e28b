import { assumeRole } from '@sigv4/credentials';
import { createSignedFetch } from '@sigv4/fetch';

const partnerUrl = required('PARTNER_API_URL');

// Outside the handler, so that all calls of a warm function share one session. The function's own
// credentials come from its environment.
const partnerFetch = createSignedFetch({
  credentials: assumeRole({
    roleArn: required('PARTNER_ROLE_ARN'),
    externalId: required('PARTNER_EXTERNAL_ID'),
  }),
  hosts: [new URL(partnerUrl).host],
});

export interface StockEvent {
  readonly sku: string;
}

export async function handler({ sku }: StockEvent): Promise<{ sku: string; available: number }> {
  const response = await partnerFetch(`${partnerUrl}/stock/${encodeURIComponent(sku)}`);
  if (!response.ok) {
    throw new Error(`the partner answered ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as { sku: string; available: number };
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set`);
}
