import { expect, test } from 'vitest';

import { testSigner } from './fixtures.ts';

const ORIGIN = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

async function sign(url: string): Promise<{ sent: string; path: string; query: string }> {
  const signed = await testSigner().sign({ method: 'GET', url });
  const [, path = '', query = ''] = signed.canonicalRequest.split('\n');
  return { sent: signed.url.replace(ORIGIN, ''), path, query };
}

// [given, sent, canonical path, canonical query]
test.each([
  ['', '/', '/', ''],
  ['/a/b', '/a/b', '/a/b', ''],
  ['/a b', '/a%20b', '/a%2520b', ''],
  ['/ü', '/%C3%BC', '/%25C3%25BC', ''],
  ['/%e2%82%ac', '/%E2%82%AC', '/%25E2%2582%25AC', ''],
  ['/a%2fb', '/a%2Fb', '/a%252Fb', ''],
  ['/%41%7E', '/A~', '/A~', ''],
  ['/100%', '/100%25', '/100%2525', ''],
  ["/*'()!:@$&+,;=|^", '/%2A%27%28%29%21%3A%40%24%26%2B%2C%3B%3D%7C%5E', undefined, ''],
  ['/a//b', '/a//b', '/a/b', ''],
  ['//a/', '//a/', '/a/', ''],
  ['/a/./b/../c', '/a/c', '/a/c', ''],
  ['/a/%2e%2E/c', '/c', '/c', ''],
  ['/?', '/?', '/', ''],
  ['/a?#top', '/a?', '/a', ''],
  ['/?a=1#fragment', '/?a=1', '/', 'a=1'],
  ['/?b=2&a=1', '/?b=2&a=1', '/', 'a=1&b=2'],
  ['/?a=2&a=1', '/?a=2&a=1', '/', 'a=1&a=2'],
  ['/?a-b=1&a=2', '/?a-b=1&a=2', '/', 'a=2&a-b=1'],
  ['/?acl', '/?acl', '/', 'acl='],
  ['/?a=&=b', '/?a=&=b', '/', '=b&a='],
  ['/?a=1&&b=2&', '/?a=1&b=2', '/', 'a=1&b=2'],
  ['/?a=b=c', '/?a=b%3Dc', '/', 'a=b%3Dc'],
  ['/?q=a+b%20c', '/?q=a%20b%20c', '/', 'q=a%20b%20c'],
  ['/?q=1%2B1', '/?q=1%2B1', '/', 'q=1%2B1'],
  ['/?q=%zz%', '/?q=%25zz%25', '/', 'q=%25zz%25'],
  ["/?q=*'()!", '/?q=%2A%27%28%29%21', '/', 'q=%2A%27%28%29%21'],
  ['/?q=ü€😀', '/?q=%C3%BC%E2%82%AC%F0%9F%98%80', '/', 'q=%C3%BC%E2%82%AC%F0%9F%98%80'],
  ['/?q=\uD800', '/?q=%EF%BF%BD', '/', 'q=%EF%BF%BD'],
  ['/?__proto__=1&constructor=2', '/?__proto__=1&constructor=2', '/', '__proto__=1&constructor=2'],
])('%j is sent as %j', async (given, sent, path, query) => {
  const found = await sign(ORIGIN + given);
  expect(found.sent).toBe(sent);
  expect(found.query).toBe(query);
  // Encoded twice in what is signed: each percent sign of what is sent once more.
  expect(found.path).toBe(path ?? sent.replaceAll('%', '%25'));
});

test('neither the URL parser nor we change what is sent once more', async () => {
  const { sent } = await sign(`${ORIGIN}/ü /a:b?x=~ ^&y=%2f`);
  expect(new URL(ORIGIN + sent).href).toBe(ORIGIN + sent);
  expect((await sign(ORIGIN + sent)).sent).toBe(sent);
});

test('the default port is no part of the host, and any other port is', async () => {
  const signer = testSigner({ region: 'eu-west-1' });
  const hostOf = async (url: string): Promise<string | undefined> =>
    /^host:(.*)$/m.exec((await signer.sign({ method: 'GET', url })).canonicalRequest)?.[1];
  expect(await hostOf('https://API.example.com:443/')).toBe('api.example.com');
  expect(await hostOf('https://api.example.com:8443/')).toBe('api.example.com:8443');
  expect(await hostOf('https://bücher.example/')).toBe('xn--bcher-kva.example');
});

test("the caller's URL object stays as it is", async () => {
  const url = new URL(`${ORIGIN}/a b?q=1+1#top`);
  const before = url.href;
  await testSigner().sign({ method: 'GET', url });
  expect(url.href).toBe(before);
});
