import { expect, test, vi } from 'vitest';

import { createClock, createRunningClock } from '@sigv4/testing';

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

test('a running one goes on with this machine, from where it was moved to', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 5000 });
  try {
    const clock = createRunningClock();
    vi.setSystemTime(6000);
    expect(clock.now()).toBe(6000);
    clock.advance('1m');
    vi.setSystemTime(7000);
    expect(clock.now()).toBe(67_000);
    clock.set(new Date(0));
    vi.setSystemTime(7500);
    expect(clock.now()).toBe(500);
  } finally {
    vi.useRealTimers();
  }
});
