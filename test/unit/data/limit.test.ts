import { expect, it } from 'vitest';
import { limitExamples } from '../../../src/data/limit';

const pool = Uint32Array.from({ length: 1000 }, (_, i) => i * 2);
// 90 % of class 0, 9 % of class 1, 1 % of class 2, by example.
const strata = Int32Array.from({ length: 2000 }, (_, i) => (i < 1800 ? 0 : i < 1980 ? 1 : 2));

it('takes so many of the pool, seeded, ascending', () => {
  const limited = limitExamples(pool, 100, null, 3);
  expect(limited.length).toBe(100);
  expect([...limited]).toEqual([...new Set(limited)].sort((a, b) => a - b));
  expect([...limited].every((i) => i % 2 === 0 && i < 2000)).toBe(true);
  expect(limitExamples(pool, 100, null, 3)).toEqual(limited);
  expect(limitExamples(pool, 100, null, 4)).not.toEqual(limited);
});

it('keeps the balance of the classes, the rarest included', () => {
  const count = (limit: number): number[] => {
    const taken = limitExamples(pool, limit, strata, 3);
    expect(taken.length).toBe(limit);
    return [0, 1, 2].map((c) => [...taken].filter((i) => strata[i] === c).length);
  };
  expect(count(100)).toEqual([90, 9, 1]);
  expect(count(20)).toEqual([17, 2, 1]);
  expect(count(3).every((n) => n > 0)).toBe(true);
});

it('takes all where there are no more', () => {
  expect(limitExamples(pool, null, null, 1)).toBe(pool);
  expect(limitExamples(pool, 1000, null, 1)).toBe(pool);
});
