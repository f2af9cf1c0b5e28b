import axios from 'axios';

import { sigv4Interceptor } from '@sigv4/axios';

export interface Stock {
  readonly sku: string;
  readonly available: number;
}

export interface Inventory {
  stockOf(sku: string): Promise<Stock>;
  reserve(sku: string, count: number): Promise<{ reservation: string }>;
}

/**
 * The inventory service, behind API Gateway with IAM authorization.
 *
 * @param baseURL `https://abc123.execute-api.eu-west-1.amazonaws.com/prod`
 */
export function inventoryAt(baseURL: string): Inventory {
  const client = axios.create({ baseURL, timeout: 5000 });
  // The one line. Credentials are the machine's own: environment, profile, container, instance.
  client.interceptors.request.use(sigv4Interceptor({ hosts: [new URL(baseURL).host] }));

  return {
    async stockOf(sku) {
      return (await client.get<Stock>(`/stock/${encodeURIComponent(sku)}`)).data;
    },
    async reserve(sku, count) {
      return (await client.post<{ reservation: string }>('/reservations', { sku, count })).data;
    },
  };
}
