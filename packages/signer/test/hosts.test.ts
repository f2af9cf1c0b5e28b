// An entry of `hosts` is heeded or refused. None is taken and then matches nothing.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { reasonToPass, testSigner } from './fixtures.ts';

/** Whether a request is signed with these `hosts`. */
async function signs(hosts: (string | RegExp)[], url: string): Promise<boolean> {
  const options = { hosts, region: 'eu-west-1', allowInsecureHttp: true };
  return (await reasonToPass(options, { url })) === undefined;
}

test.each([
  ['a wildcard', ['*.example.com']],
  ['a wildcard within', ['api.*.example.com']],
  ['a domain as in cookies', ['.example.com']],
  ['an empty label', ['api..example.com']],
  ['several names in one', ['a.example,b.example']],
  ['a scheme', ['https://api.example.com']],
  ['a scheme without slashes', ['https:api.example.com']],
  ['a path', ['api.example.com/prod']],
  ['a path with a backslash', ['api.example.com\\prod']],
  ['a query', ['api.example.com?x']],
  ['a fragment', ['api.example.com#x']],
  ['a user', ['user@api.example.com']],
  ['a port that is none', ['api.example.com:99999']],
  ['a port that is missing', ['api.example.com:']],
  ['white space', [' api.example.com']],
  ['nothing', ['']],
  ['no entry', []],
  ['an expression for URLs', [/^https:\/\/api\.example\.com/]],
  ['an expression for paths', [/example\.com\/prod/]],
  ['no text', [7 as never]],
])('%s is refused: %j', (_name, hosts) => {
  expect(() => testSigner({ hosts })).toThrow(
    /^hosts: expected an array of host names such as 'api\.example\.com' \(no scheme, no path, no \*; at least one\) and RegExps such as \/\\\.example\\\.com\$\/, got \[/,
  );
});

test.each<[string | RegExp, string, boolean]>([
  ['API.Example.COM', 'https://api.example.com/', true],
  ['api.example.com', 'https://API.EXAMPLE.COM/', true],
  ['api.example.com:0443', 'https://api.example.com/', true],
  ['api.example.com:08443', 'https://api.example.com:8443/', true],
  ['api.example.com:0443', 'https://api.example.com:8443/', false],
  ['api.example.com:80', 'https://api.example.com/', false],
  ['ex%61mple.com', 'https://example.com/', true],
  ['a_b.example.com', 'https://a_b.example.com/', true],
  ['127.1:8080', 'http://127.0.0.1:8080/', true],
  ['fe80::', 'http://[fe80::]/', true],
  [/API\.example\.com$/, 'https://api.example.com/', true],
  [/^API\.example\.com:8443$/g, 'https://api.example.com:8443/', true],
  [/^[^/]+\.example\.com$/, 'https://api.example.com/', true],
  [/\.example\.com$/, 'https://example.com/', false],
  [/\.example\.com$/, 'https://api.example.com.evil.example/', false],
])('%s and %s: %s', async (host, url, expected) => {
  expect(await signs([host], url)).toBe(expected);
});

describe('whatever the entry', () => {
  const pieces = [
    'https://',
    'API',
    'example',
    'com',
    '.',
    '.',
    '*',
    ':',
    '443',
    '0443',
    '/',
    ',',
    ' ',
    '@',
    '[::1]',
    '::1',
    '%61',
    '%2a',
    'ü',
    '_',
    '-',
    ';',
    '!',
  ];
  const entry = fc
    .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(''));
  const isTaken = (host: string): boolean => {
    try {
      return testSigner({ hosts: [host] }) !== undefined;
    } catch {
      return false;
    }
  };

  test('one that is taken is a host to which requests can go, and they are signed', async () => {
    const property = fc.asyncProperty(entry.filter(isTaken), async (host) => {
      const url = new URL(`https://${/^[^[]*:.*:/.test(host) ? `[${host}]` : host}/`);
      // RFC 1123 and RFC 4291, but for the underscore, which DNS knows.
      expect(url.hostname).toMatch(/^(\[[0-9a-f:.]+\]|[\w-]+(\.[\w-]+)*\.?)$/);
      expect(await signs([host], url.href)).toBe(true);
    });
    await fc.assert(property, { numRuns: 500 });
  });
});
