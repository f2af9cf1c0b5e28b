import { expect, test } from 'vitest';

import { Endpoints } from '../src/send/endpoint.ts';

test('an origin is remembered, and found by its canonical text only', () => {
  const endpoints = new Endpoints({});
  const endpoint = endpoints.of(new URL('https://API.example.com:443/a'));
  expect(endpoint.origin).toBe('https://api.example.com');
  expect(endpoints.of(new URL('https://api.example.com/b'))).toBe(endpoint);
  for (const path of ['', '/', '/b?c#d', '/https://x.example/']) {
    expect(endpoints.known(`https://api.example.com${path}`)).toBe(endpoint);
  }
  for (const url of [
    'https://api.example.com:8443/',
    'http://api.example.com/',
    'https://u:p@api.example.com/',
    'https://api.example.com@evil.example/',
    'https://API.example.com/',
    'https:/api.example.com/',
    'https:\\\\api.example.com/',
    'https://api.example.com\\@evil.example/',
    'https://api.example.com?x=/',
    'https://api.example.com#/',
    ' https://api.example.com/',
    'api.example.com/',
    '//api.example.com/',
    '',
  ]) {
    expect(endpoints.known(url)).toBeUndefined();
  }
});

test('origins are remembered, but not without bound', () => {
  const endpoints = new Endpoints({});
  const names = Array.from({ length: 1000 }, (_, n) => `https://api${n}.example.com`);
  for (const name of names) endpoints.of(new URL(name));
  expect(names.filter((name) => endpoints.known(name) !== undefined)).toEqual(names.slice(-256));
});
