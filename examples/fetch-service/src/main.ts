import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { pricingAt } from './pricing.ts';

const pricing = pricingAt(required('PRICING_URL'));

/** `GET /total?sku=…&sku=…` */
const server = createServer(async (request, response) => {
  const skus = new URL(request.url ?? '/', 'http://localhost').searchParams.getAll('sku');
  const { status, body } = await total(skus);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});

async function total(skus: readonly string[]): Promise<{ status: number; body: unknown }> {
  try {
    const quotes = await pricing.quote(skus);
    return { status: 200, body: { cents: quotes.reduce((sum, { cents }) => sum + cents, 0) } };
  } catch (error) {
    console.error(error);
    return { status: 502, body: { error: 'the pricing service did not answer' } };
  }
}

server.listen(Number(process.env['PORT'] ?? 0), () => {
  console.log(`listening on ${(server.address() as AddressInfo).port}`);
});

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set`);
}
