interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string; readonly name?: string };
}

/** What an MCP server with one tool answers over streamable HTTP. */
export function mcpAnswer(text: string): { status: number; body?: object } {
  const { id, method, params } = JSON.parse(text) as Message;
  const results: Record<string, object> = {
    initialize: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'orders', version: '1.0.0' },
    },
    'tools/list': { tools: [{ name: 'stock', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: '3 hats' }] },
  };
  if (id === undefined) return { status: 202 };
  return { status: 200, body: { jsonrpc: '2.0', id, result: results[method] } };
}
