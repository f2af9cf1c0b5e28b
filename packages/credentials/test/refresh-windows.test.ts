import { expect, test } from 'vitest';

import { phaseAt, refreshWindows } from '../src/cache/refresh-windows.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 1);

/** In minutes before the end: where each window begins. */
function windows(lifetime: number, advisoryWindow?: number, stretch = 0): [number, number] {
  const { advisoryFrom, mandatoryFrom, expiresAt } = refreshWindows(
    NOW,
    NOW + lifetime * MINUTE,
    advisoryWindow,
    stretch,
  );
  return [(expiresAt - advisoryFrom) / MINUTE, (expiresAt - mandatoryFrom) / MINUTE];
}

test.each([
  [15, 5],
  [20, 5],
  [20.01, 15],
  [60, 15],
  [89.99, 15],
  [90, 60],
  [720, 60],
])('a lifetime of %d minutes: the advisory window is %d, the mandatory one 1', (life, window) => {
  expect(windows(life)).toEqual([expect.closeTo(window, 6), 1]);
});

test('the advisory window can be named, in seconds', () => {
  expect(windows(60, 600)).toEqual([10, 1]);
});

test('the mandatory window is not longer than the advisory one', () => {
  expect(windows(60, 30)).toEqual([0.5, 0.5]);
});

test.each<[number, number | undefined, number, number]>([
  [6, undefined, 4.5, 1],
  [1, undefined, 0.75, 0.75],
  [60, 7200, 45, 1],
])(
  'a window never takes more than three quarters of the lifetime: %d',
  (life, named, ...expected) => {
    expect(windows(life, named)).toEqual(expected.map((each) => expect.closeTo(each, 6)));
  },
);

test('stretched to the full, the advisory window leaves a tenth of the time before it', () => {
  expect(windows(60, undefined, 1)[0]).toBeCloseTo(55.5);
  expect(windows(60, undefined, 0.5)[0]).toBeCloseTo(35.25);
  expect(windows(60, undefined, 1)[1]).toBe(1);
});

test('each phase begins with its first moment', () => {
  const all = refreshWindows(NOW, NOW + 60 * MINUTE, undefined, 0);
  const at = (minutes: number): string => phaseAt(NOW + minutes * MINUTE, all);
  expect([at(0), at(44.999), at(45), at(58.999), at(59), at(61)]).toEqual([
    'fresh',
    'fresh',
    'advisory',
    'advisory',
    'mandatory',
    'mandatory',
  ]);
});

test('what does not end is always fresh', () => {
  expect(phaseAt(Number.MAX_SAFE_INTEGER, refreshWindows(NOW, undefined, undefined, 1))).toBe(
    'fresh',
  );
});
