import { expect, it } from 'vitest';
import { readNumberList, showNumberList } from '../../../../../src/ui/pages/train/number-list';

it.each<[unknown, string]>([
  [[256, 128], '256, 128'],
  [{ width: 128, depth: 2 }, '128 × 2'],
  [[], ''],
])('%j is shown as %s and read back', (value, text) => {
  expect(showNumberList(value)).toBe(text);
  expect(readNumberList(text)).toEqual(value);
});

it('reads what people type, and leaves what is no number to the check', () => {
  expect(readNumberList('128 x 2')).toEqual({ width: 128, depth: 2 });
  expect(readNumberList(' 64*3 ')).toEqual({ width: 64, depth: 3 });
  expect(readNumberList('256 128;64')).toEqual([256, 128, 64]);
  expect(readNumberList('256, wide')).toEqual([256, 'wide']);
  expect(readNumberList('128 x')).toEqual([128, 'x']);
});

it('shows what is neither as it stands in the document', () => {
  expect(showNumberList({ width: 3 })).toBe('{"width":3}');
  expect(showNumberList(undefined)).toBe('');
  expect(showNumberList(['a', 2])).toBe('a, 2');
});
