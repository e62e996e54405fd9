import { expect, test } from 'vitest';
import { makeStateMemory } from '../../../../src/peers/replica/state-memory';

test('vectors do not overlap, whatever their lengths', () => {
  const { copies, gradient, gradientStart, gradientEnd } = makeStateMemory({
    weights: 7,
    slots: 2,
    average: true,
    statistics: 3,
  });
  const views = [
    ...copies.flatMap(({ weights, slots, average, statistics }) => [weights, ...slots, average!, statistics]),
    gradient,
  ];
  views.forEach((view, i) => view.fill(i + 1));
  expect(views.map((view) => [...view])).toEqual(views.map(({ length }, i) => Array<number>(length).fill(i + 1)));
  expect(views.map(({ length }) => length)).toEqual([7, 7, 7, 7, 3, 7, 7, 7, 7, 3, 7]);
  expect(gradientEnd - gradientStart).toBe(32);
});

test('more than 2 GiB is refused with a sentence', () => {
  const shape = { weights: 100e6, slots: 2, average: false, statistics: 0 };
  expect(() => makeStateMemory(shape)).toThrow(
    /two copies and a gradient, need 2\.6 GiB .* at most 2\.0 GiB\. Make the model smaller/,
  );
});
