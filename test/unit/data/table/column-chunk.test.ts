import { expect, it } from 'vitest';
import { decodeColumn, encodeColumn } from '../../../../src/data/table/column-chunk';
import { failure } from '../helpers';

it('gives back numbers, missing ones included', () => {
  const values = Float64Array.of(1, NaN, -2.5);
  expect(decodeColumn(encodeColumn({ encoding: 'float64', values }).buffer, 'float64', 3)).toEqual({
    encoding: 'float64',
    values,
  });
});

it('gives back texts of any alphabet', () => {
  const column = { encoding: 'text' as const, dictionary: ['ß', '', '"\n'], codes: Uint32Array.of(0, 1, 3, 2) };
  expect(decodeColumn(encodeColumn(column).buffer, 'text', 4)).toEqual(column);
});

it('refuses bytes that are no column', async () => {
  const text = encodeColumn({ encoding: 'text', dictionary: ['a'], codes: Uint32Array.of(1, 0) });
  expect((await failure(() => decodeColumn(text.buffer, 'text', 3))).kind).toBe('storage');
  expect((await failure(() => decodeColumn(text.buffer, 'float64', 2))).kind).toBe('storage');
  const broken = text.slice();
  broken[5] = 0;
  expect((await failure(() => decodeColumn(broken.buffer, 'text', 2))).kind).toBe('storage');
  const outside = text.slice();
  outside[outside.length - 4] = 9;
  expect((await failure(() => decodeColumn(outside.buffer, 'text', 2))).kind).toBe('storage');
});
