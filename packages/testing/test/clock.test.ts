import { expect, test } from 'vitest';

import { createClock } from '@sigv4/testing';

test('stands still until it is moved', () => {
  const clock = createClock(1000);
  const { now } = clock;
  clock.advance(500);
  clock.advance('1.5s');
  clock.advance('2m');
  clock.advance('-1h');
  expect(now()).toBe(1000 + 500 + 1500 + 120_000 - 3_600_000);
  clock.set(new Date(7));
  expect(now()).toBe(7);
});

test.each(['', '5', '5 m', 'soon', 'm'])('does not guess what %j means', (text) => {
  expect(() => createClock().advance(text)).toThrow(/expected ms or a text such as '55m'/);
});
