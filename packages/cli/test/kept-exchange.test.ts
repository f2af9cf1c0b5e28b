import { expect, test } from 'vitest';

import { readExchange } from '../src/refusal/kept-exchange.ts';

const REFUSAL = 'HTTP/2 403 \r\ncontent-type: application/json\r\n\r\n{"message":"Forbidden"}';
const BEFORE = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n',
  'HTTP/1.1 302 Found\r\nlocation: /b\r\n\r\n<a href="/b">moved</a>',
  'HTTP/2 307 \nlocation: /b\n\nmoved: there\n\n',
];

test('the last of several answers counts, whatever stands before it', () => {
  for (const one of BEFORE) {
    for (const two of ['', ...BEFORE]) {
      const { answer } = readExchange(one + two + REFUSAL);
      expect(answer).toMatchObject({ firstLine: 'HTTP/2 403', body: '{"message":"Forbidden"}' });
      expect([...answer.headers]).toEqual([['content-type', 'application/json']]);
      expect(readExchange(`${one}${two}HTTP/1.1 403 Forbidden\r\na: b\r\n`).answer.firstLine).toBe(
        'HTTP/1.1 403 Forbidden',
      );
    }
  }
});

test('what is not an answer is taken for the body of one', () => {
  for (const text of ['{"message":"HTTP/1.1 200 OK"}', 'An error occurred', '\0']) {
    expect(readExchange(text).answer).toMatchObject({ firstLine: 'HTTP/1.1 403', body: text });
  }
});

test('time grows no faster than the text', () => {
  const many = 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(40_000);
  const start = performance.now();
  expect(readExchange(many + REFUSAL).answer.firstLine).toBe('HTTP/2 403');
  // It takes 20 s if each answer copies the rest.
  expect(performance.now() - start).toBeLessThan(5000);
});
