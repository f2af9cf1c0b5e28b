// The same call on every runtime: what it sends must be the same.
import { createSignedFetch } from '@sigv4/fetch';

const sent = [];
const signedFetch = createSignedFetch({
  credentials: { accessKeyId: 'AKID', secretAccessKey: 's', sessionToken: 't/+=' },
  region: 'eu-west-1',
  now: () => 1767323045000,
  fetch: async (input, init) => {
    // Whoever gives a Request has a Request sent.
    const isRequest = input instanceof Request;
    const { method, headers } = isRequest ? input : init;
    const url = isRequest ? input.url : input;
    const body = isRequest ? await input.text() : init.body;
    const text =
      body === undefined
        ? null
        : new TextDecoder().decode(
            typeof body === 'string' ? new TextEncoder().encode(body) : body,
          );
    sent.push([method, url, [...headers], text]);
    return new Response('ok');
  },
});
const url = "https://api.example.com/ü/a%2fb//c?q=a b+c&q=€&z=*'()!&empty=&none";
await signedFetch(url);
await signedFetch(url, { method: 'POST', body: 'ü 😀' });
await signedFetch(url, { method: 'PUT', body: new Uint8Array([1, 2, 3]) });
await signedFetch(url, { method: 'POST', body: new URLSearchParams({ a: 'b c' }) });
await signedFetch(
  new Request(url, {
    method: 'POST',
    body: 'x',
    headers: { 'X-Amz-Meta-A': ' a  b ', 'content-type': 'text/plain' },
  }),
);
console.log(JSON.stringify(sent));
