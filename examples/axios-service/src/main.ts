import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { isAxiosError } from 'axios';

import { inventoryAt } from './inventory.ts';

const inventory = inventoryAt(required('INVENTORY_URL'));

/** `POST /orders?sku=…&count=…` */
const server = createServer(async (request, response) => {
  const { status, body } = await order(
    new URL(request.url ?? '/', 'http://localhost').searchParams,
  );
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});

async function order(parameters: URLSearchParams): Promise<{ status: number; body: unknown }> {
  const sku = parameters.get('sku') ?? '';
  const count = Number(parameters.get('count') ?? 1);
  try {
    const { available } = await inventory.stockOf(sku);
    if (available < count)
      return { status: 409, body: { error: `only ${available} of ${sku} left` } };
    return { status: 201, body: await inventory.reserve(sku, count) };
  } catch (error) {
    // Of a refused call `sigv4` says why: who was denied what, a wrong region, a changed body, …
    const refusal = isAxiosError(error) && 'sigv4' in error ? error.sigv4 : undefined;
    console.error(refusal ?? error);
    return { status: 502, body: { error: 'the inventory service did not answer' } };
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
