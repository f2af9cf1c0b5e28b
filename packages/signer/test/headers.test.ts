import { expect, test } from 'vitest';

import { API, SESSION, testSigner } from './fixtures.ts';

function signedHeaders(authorization: string | undefined): string[] {
  return /SignedHeaders=([^,]*)/.exec(authorization ?? '')?.[1]?.split(';') ?? [];
}

test('host, content-type, content-md5 and x-amz-* are signed, and nothing that changes on the way', async () => {
  const signed = await testSigner({ credentials: SESSION }).sign({
    method: 'POST',
    url: API,
    headers: {
      'Content-Type': 'application/json',
      'Content-MD5': 'x',
      'X-Amz-Meta-A': 'y',
      'Content-Length': '2',
      'User-Agent': 'x',
      'Accept-Encoding': 'gzip',
      Cookie: 'a=b',
      'X-Amzn-Trace-Id': 'Root=1',
      traceparent: '00-1-1-01',
      'X-Forwarded-For': '10.0.0.1',
      'X-Api-Key': 'k',
    },
    body: '{}',
  });
  expect(signedHeaders(signed.headers.authorization)).toEqual([
    'content-md5',
    'content-type',
    'host',
    'x-amz-date',
    'x-amz-meta-a',
    'x-amz-security-token',
  ]);
  // What is not signed is sent all the same.
  expect(signed.headers).toMatchObject({ cookie: 'a=b', 'x-api-key': 'k', 'user-agent': 'x' });
});

test('the signer and the call can name more', async () => {
  const signed = await testSigner({ signHeaders: ['X-Api-Key'] }).sign(
    { method: 'GET', url: API, headers: { 'x-api-key': 'k', 'X-Tenant': 't', accept: '*/*' } },
    { signHeaders: ['x-tenant', 'absent'] },
  );
  expect(signedHeaders(signed.headers.authorization)).toEqual([
    'host',
    'x-amz-date',
    'x-api-key',
    'x-tenant',
  ]);
});

test('what an earlier signature left is dropped', async () => {
  const stale = {
    Authorization: 'AWS4-HMAC-SHA256 Credential=old',
    'X-Amz-Date': '20200101T000000Z',
    'X-Amz-Security-Token': 'old',
    'X-Amz-Content-Sha256': 'old',
  };
  const signed = await testSigner().sign({ method: 'GET', url: API, headers: stale });
  expect(JSON.stringify(signed)).not.toMatch(/old|2020/);
  expect(signed.headers).not.toHaveProperty('x-amz-security-token');
});

test('signing what was signed gives the same again', async () => {
  const signer = testSigner({ credentials: SESSION });
  const once = await signer.sign({
    method: 'PUT',
    url: `${API}?b=ü&a=1`,
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  });
  expect(await signer.sign(once)).toEqual(once);
});

test('repeated headers are joined as HTTP allows, and signed as they are sent', async () => {
  const headers: [string, string][] = [
    ['X-Amz-Meta-A', '  one   two '],
    ['x-amz-meta-a', 'three'],
  ];
  const signed = await testSigner().sign({ method: 'GET', url: API, headers });
  expect(signed.headers['x-amz-meta-a']).toBe('one   two,three');
  expect(signed.canonicalRequest).toContain('x-amz-meta-a:one two,three\n');
});

test('20,000 headers of one name are read at once', async () => {
  const headers = Array.from({ length: 20_000 }, () => ['x-amz-meta-a', ' 1\t'] as const);
  const start = performance.now();
  const signed = await testSigner().sign({ method: 'GET', url: API, headers });
  expect(performance.now() - start).toBeLessThan(2000);
  expect(signed.headers['x-amz-meta-a']).toBe('1,'.repeat(20_000).slice(0, -1));
});

test('every form of headers is read alike', async () => {
  const signer = testSigner();
  const forms = [
    { 'X-Amz-Meta-A': ['1', '2'], 'X-Amz-Meta-B': undefined },
    new Map([['x-amz-meta-a', '1,2']]),
    new Headers({ 'X-AMZ-META-A': '1,2' }),
    [['x-amz-meta-a', '1,2'] as const],
  ];
  const signatures = await Promise.all(
    forms.map(
      async (headers) => (await signer.sign({ method: 'GET', url: API, headers })).signature,
    ),
  );
  expect(new Set(signatures).size).toBe(1);
});

test('a header called __proto__ is a header like any', async () => {
  const signed = await testSigner({ signHeaders: ['__proto__', 'constructor'] }).sign({
    method: 'GET',
    url: API,
    headers: [
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ],
  });
  expect(Object.entries(signed.headers)).toEqual(
    expect.arrayContaining([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]),
  );
  expect(signedHeaders(signed.headers.authorization)).toEqual([
    '__proto__',
    'constructor',
    'host',
    'x-amz-date',
  ]);
  expect(({} as { p?: string }).p).toBeUndefined();
});

test('a Host that the caller names is signed and sent', async () => {
  const signed = await testSigner().sign({
    method: 'GET',
    url: API,
    headers: { Host: 'other.example' },
  });
  expect(signed.headers['host']).toBe('other.example');
  expect(signed.canonicalRequest).toContain('\nhost:other.example\n');
});

test.each([
  [{ 'bad name': 'x' }, /headers: "bad name" is not a header name/],
  [{ '': 'x' }, /headers: "" is not a header name/],
  [{ 'x-a': 'line\r\nbreak' }, /headers: the value of x-a holds a line break/],
  [{ 'x-a': 'nul\0' }, /headers: the value of x-a/],
])('%j is refused', async (headers, message) => {
  await expect(testSigner().sign({ method: 'GET', url: API, headers })).rejects.toThrow(message);
});

test.each(['é', '€', '\u00a0', '\u000b'])(
  'a signed header with %j is refused, since nobody agrees on its bytes; an unsigned one is not',
  async (character) => {
    const signer = testSigner({ signHeaders: ['x-named'] });
    for (const name of ['Content-Type', 'X-Amz-Meta-Name', 'x-named']) {
      const request = { method: 'GET', url: API, headers: { [name]: `a${character}` } };
      const words = new RegExp(`the value of ${name.toLowerCase()}, .* encode it`);
      await expect(signer.sign(request)).rejects.toThrow(words);
      await expect(signer.presign(request)).rejects.toThrow(words);
    }
    const headers = { 'x-other': character };
    await expect(signer.sign({ method: 'GET', url: API, headers })).resolves.toMatchObject({
      headers,
    });
  },
);
