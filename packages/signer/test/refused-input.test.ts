import { inspect } from 'node:util';

import { expect, test, vi } from 'vitest';

import { createSigner, type SignerOptions } from '@sigv4/signer';

import { API, CREDENTIALS, testSigner } from './fixtures.ts';

function circular(): unknown[] {
  const list: unknown[] = ['a'];
  list.push(list);
  return list;
}

test.each<[string, Partial<Record<keyof SignerOptions, unknown>>, RegExp]>([
  ['no credentials', { credentials: undefined }, /^credentials: expected \{ accessKeyId/],
  [
    'a secret for credentials',
    { credentials: 'AKID:secret' },
    /^credentials: expected .*, got a string$/,
  ],
  [
    'a service that is none',
    { service: 'execute/api' },
    /^service: expected a name such as 'execute-api'/,
  ],
  [
    'a region that is none',
    { region: 'eu west 1' },
    /^region: expected a name such as 'eu-west-1', got "eu west 1"/,
  ],
  ['an empty region', { region: '' }, /^region: expected/],
  ['hosts within themselves', { hosts: circular() }, /^hosts: .*, got \["a", an array\]$/],
  ['hosts that are no list', { hosts: 'api.example.com' }, /^hosts: expected an array/],
  [
    'a URL for a host',
    { hosts: ['https://api.example.com/'] },
    /^hosts: expected an array of host names .*no scheme.*, got \["https:/,
  ],
  ['signHeaders that are no list', { signHeaders: 'x-a' }, /^signHeaders: expected an array/],
  [
    'a header name that is none',
    { signHeaders: ['x a'] },
    /^signHeaders: expected an array of header names.*, got \["x a"\]/,
  ],
  [
    'a header that changes on the way',
    { signHeaders: ['User-Agent'] },
    /^signHeaders: .*those that change on the way.*, got \["User-Agent"\]/,
  ],
  [
    'a flag that is none',
    { retryRejected: 'yes' },
    /^retryRejected: expected true or false, got "yes"/,
  ],
  [
    'a flag that is none',
    { allowInsecureHttp: 1 },
    /^allowInsecureHttp: expected true or false, got 1/,
  ],
  ['a listener that is none', { onEvent: {} }, /^onEvent: expected a function, got an object/],
  ['a clock that is none', { now: 0 }, /^now: expected a function/],
  [
    'an option that is none',
    { regoin: 'eu-west-1' } as object,
    /^regoin: there is no such option; there are credentials, service, region,/,
  ],
  [
    'a Promise of credentials',
    { credentials: Promise.resolve(CREDENTIALS) },
    /^credentials: expected .*an async function that returns them \(not its Promise\)/,
  ],
])('%s: the error names the option and what it can be', (_name, options, message) => {
  expect(() => createSigner({ credentials: CREDENTIALS, ...options } as SignerOptions)).toThrow(
    expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(message) }),
  );
});

const SECRET = 'Secret-That-Must-Not-Show';

test.each([
  ['accessKeyId', undefined, /^credentials.accessKeyId is missing/],
  ['accessKeyId', 'AK ID', /^credentials.accessKeyId holds white space/],
  ['accessKeyId', 'AK/ID', /^credentials.accessKeyId holds a "\/"/],
  ['accessKeyId', Object.create(null), /^credentials.accessKeyId is of type object/],
  ['secretAccessKey', undefined, /^credentials.secretAccessKey is missing/],
  ['secretAccessKey', '', /^credentials.secretAccessKey is empty/],
  [
    'secretAccessKey',
    `${SECRET}\n`,
    /^credentials.secretAccessKey holds white space or a line break/,
  ],
  ['secretAccessKey', `${SECRET}ü`, /^credentials.secretAccessKey holds a character that is not/],
  ['secretAccessKey', 42, /^credentials.secretAccessKey is of type number/],
  ['sessionToken', `${SECRET} `, /^credentials.sessionToken holds white space/],
  ['sessionToken', '', /^credentials.sessionToken is empty/],
  ['expiration', new Date(Number.NaN), /^credentials.expiration is no valid Date/],
])('%s = %j is refused without showing it, given or provided', async (field, value, message) => {
  const credentials = { ...CREDENTIALS, [field]: value };
  const error = expect.objectContaining({
    code: 'ERR_SIGV4_CREDENTIALS',
    message: expect.stringMatching(message),
  });
  for (const given of [credentials, async () => credentials]) {
    const signer = createSigner({ credentials: given });
    const transport = vi.fn();
    for (const refused of [
      signer.send({ method: 'GET', url: API }, transport),
      signer.sign({ method: 'GET', url: API }),
      signer.presign(API),
    ]) {
      const thrown: unknown = await refused.catch((e: unknown) => e);
      expect(thrown).toEqual(error);
      expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain(SECRET);
    }
    expect(transport).not.toHaveBeenCalled();
  }
});

test('credentials that change while they are refused', async () => {
  const credentials = { ...CREDENTIALS, accessKeyId: 'with space' };
  const refused = createSigner({ credentials }).sign({ method: 'GET', url: API });
  credentials.accessKeyId = CREDENTIALS.accessKeyId;
  const thrown: unknown = await refused.catch((e: unknown) => e);
  expect(thrown).toMatchObject({ code: 'ERR_SIGV4_CREDENTIALS' });
  expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain(
    CREDENTIALS.secretAccessKey,
  );
});

test('credentials that change while they are used sign as they were', async () => {
  const request = { method: 'PUT', url: API, body: 'x'.repeat(600_000) };
  const expected = await testSigner().sign(request);
  const credentials = { ...CREDENTIALS };
  const signing = testSigner({ credentials }).sign(request);
  Object.assign(credentials, { accessKeyId: 'OTHER', sessionToken: 'other' });
  expect(await signing).toEqual(expected);
});

test.each([
  ['a path', '/orders', /^url: expected an absolute URL/],
  ['nothing', '', /^url: expected an absolute URL/],
  ['another scheme', 'ftp://x.example/', /^url: cannot sign ftp: requests/],
  [
    'a password',
    'https://u:hunter2@abc123.execute-api.eu-west-1.amazonaws.com/',
    /^url: holds a user name/,
  ],
])('a URL that is %s', async (_name, url, message) => {
  const error: unknown = await testSigner()
    .sign({ method: 'GET', url })
    .catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'ERR_SIGV4_URL', message: expect.stringMatching(message) });
  expect(inspect(error)).not.toContain('hunter2');
});

test('a password without a user is refused too', async () => {
  const url = API.replace('https://', 'https://:hunter2@');
  await expect(testSigner().sign({ method: 'GET', url })).rejects.toThrow(
    /^url: holds a user name or password/,
  );
});

test('no error shows the password in a URL that is wrong in other ways', async () => {
  const url = 'https://u:hunter2@[broken/';
  const error: unknown = await testSigner()
    .sign({ method: 'GET', url })
    .catch((e: unknown) => e);
  expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
});

test('an unknown host without a region is refused', async () => {
  const signer = testSigner({ service: 'execute-api' });
  await expect(
    signer.sign({ method: 'GET', url: 'https://api.example.com/' }),
  ).rejects.toMatchObject({
    code: 'ERR_SIGV4_REGION',
    message: expect.stringMatching(/api\.example\.com .*\{ region: 'eu-west-1' \}.*AWS_REGION/),
  });
});

test.each(['', 'GE T', 'GET\r\nX: y', undefined])('the method %j is refused', async (method) => {
  await expect(testSigner().sign({ method: method as string, url: API })).rejects.toThrow(
    /^method: expected an HTTP method/,
  );
});

test.each([
  [{ date: new Date(Number.NaN) }, /^date: expected a valid Date/],
  [{ date: new Date(-1) }, /^date: expected a valid Date/],
  [{ date: '2026-01-01' }, /^date: expected a valid Date, got "2026-01-01"/],
  [{ region: 'a/b' }, /^region: expected/],
  [{ signHeaders: ['via'] }, /^signHeaders: .*change on the way.*, got \["via"\]/],
  [true, /^sigv4: expected an object of options, or false/],
])("a call's options %j", async (options, message) => {
  await expect(testSigner().sign({ method: 'GET', url: API }, options as never)).rejects.toThrow(
    message,
  );
});

test('http: is refused, except to this machine', async () => {
  const signer = testSigner({ region: 'eu-west-1' });
  for (const host of ['localhost', 'api.localhost', '127.0.0.1:8080', '127.1', '[::1]:80']) {
    await expect(signer.sign({ method: 'GET', url: `http://${host}/` })).resolves.toBeDefined();
  }
  for (const host of [
    'api.example.com',
    'evillocalhost',
    '10.0.0.1',
    '127.0.0.1.example.com',
    'localhost.example.com',
  ]) {
    await expect(signer.sign({ method: 'GET', url: `http://${host}/` })).rejects.toMatchObject({
      code: 'ERR_SIGV4_INSECURE',
    });
  }
  const allowing = testSigner({ region: 'eu-west-1', allowInsecureHttp: true });
  await expect(allowing.sign({ method: 'GET', url: 'http://10.0.0.1/' })).resolves.toBeDefined();
});
