/** The types of an API of orders, as openapi-typescript writes them, in short. */
export interface paths {
  '/orders/{id}': {
    get: {
      parameters: { path: { id: string }; query?: { expand?: string } };
      responses: { 200: { content: { 'application/json': Order } } };
    };
  };
  '/orders': {
    post: {
      requestBody: { content: { 'application/json': Order } };
      responses: { 200: { content: { 'application/json': Order } } };
    };
  };
}

export interface Order {
  sku: string;
}
