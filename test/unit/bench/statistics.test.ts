import { expect, it } from 'vitest';
import { quartiles } from '../../../bench/statistics';

it('interpolates quartiles, whatever the order', () => {
  expect(quartiles([4, 1, 3, 2, 5])).toEqual({ median: 3, q25: 2, q75: 4 });
  expect(quartiles([1, 2])).toEqual({ median: 1.5, q25: 1.25, q75: 1.75 });
  expect(quartiles([])).toEqual({ median: NaN, q25: NaN, q75: NaN });
});
