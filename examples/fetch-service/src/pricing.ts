import { createSignedFetch } from '@sigv4/fetch';

export interface Quote {
  readonly sku: string;
  readonly cents: number;
}

/**
 * Prices, from a service behind API Gateway with IAM authorization.
 *
 * @param baseUrl `https://abc123.execute-api.eu-west-1.amazonaws.com/prod`
 */
export function pricingAt(baseUrl: string): { quote(skus: readonly string[]): Promise<Quote[]> } {
  // The one line. Credentials are the machine's own: environment, profile, container, instance.
  const signedFetch = createSignedFetch({ hosts: [new URL(baseUrl).host] });

  return {
    async quote(skus) {
      const query = new URLSearchParams(skus.map((sku) => ['sku', sku]));
      const response = await signedFetch(`${baseUrl}/quotes?${query}`);
      if (!response.ok)
        throw new Error(`pricing answered ${response.status}: ${await response.text()}`);
      return (await response.json()) as Quote[];
    },
  };
}
