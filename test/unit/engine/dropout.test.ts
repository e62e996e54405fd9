import { expect, test } from 'vitest';
import { dropoutMask } from '../../../src/engine/dropout';

test('drops the share that is asked for and keeps the expectation', () => {
  const mask = dropoutMask(100_000, 0.3, 12345);
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  expect(dropped).toBeCloseTo(0.3, 2);
  expect(mask.reduce((sum, value) => sum + value, 0) / mask.length).toBeCloseTo(1, 2);
  expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
});

test('masks of different keys are independent, also at keys that are close', () => {
  const [a, b] = [1, 2].map((key) => dropoutMask(100_000, 0.5, key).map((value) => Math.sign(value)));
  const both = a.filter((value, i) => value === 1 && b[i] === 1).length / a.length;
  expect(both).toBeCloseTo(0.25, 2);
  // Nor is one the other, moved by a few places.
  for (let shift = -3; shift <= 3; shift++) {
    const same = a.filter((value, i) => value === b[i + shift]).length / a.length;
    expect(same).toBeCloseTo(0.5, 1);
  }
});
