import { describe, expect, it } from 'vitest';
import { detectDecimalComma, isInfinite, plainNumber, readNumber } from '../../../../src/data/values/number';

describe('plainNumber', () => {
  it.each(['0', '-1', '3.14', '1e+21', '9007199254740991', '0.1'])(
    'takes %s, which it would write the same',
    (text) => {
      expect(String(plainNumber(text))).toBe(text);
    },
  );

  it.each([
    '007',
    '1.50',
    '+1',
    ' 1',
    '1 ',
    '1,5',
    '9007199254740993',
    '',
    '-',
    '-0',
    '1e5',
    'Infinity',
    '0x10',
    'NaN',
  ])('refuses “%s”, which it could not write back', (text) => {
    expect(plainNumber(text)).toBeNaN();
  });
});

describe('readNumber', () => {
  it.each([
    [' 12 ', 12],
    ['1,234', 1234],
    ['1,234,567.5', 1234567.5],
    ['1 234', 1234],
    ["1'234", 1234],
    ['\u00a05', 5],
    ['+3', 3],
    ['007', 7],
    ['.5', 0.5],
    ['5.', 5],
    ['1e-3', 0.001],
    ['$1,200.50', 1200.5],
    ['12 %', 12],
    ['−4', -4],
  ])('reads “%s” with a decimal point', (text, value) => {
    expect(readNumber(text, false)).toBe(value);
  });

  it.each([
    ['3,14', 3.14],
    ['1.234,5', 1234.5],
    ['1.234', 1234],
    ['12.5', 12.5],
    ['-0,25', -0.25],
    ['12 €', 12],
  ])('reads “%s” with a decimal comma', (text, value) => {
    expect(readNumber(text, true)).toBe(value);
  });

  it.each(['', 'abc', '1,23', '12,34,56', '1.2.3', '1-2', '0x1f', 'e5', '12abc', 'inf', '--1', '1e999'])(
    'finds no finite number in “%s”',
    (text) => {
      expect(readNumber(text, false)).toBeNaN();
    },
  );
});

it('knows infinity in its common spellings, and in numbers too large', () => {
  expect(['inf', '-Inf', 'Infinity', '+infinity', ' ∞ ', '1e999'].every(isInfinite)).toBe(true);
  expect(['information', 'in', '12', '1e9', 'e999'].some(isInfinite)).toBe(false);
});

it('tells decimal commas from thousands separators', () => {
  expect(detectDecimalComma(['3,14', '2,5', 'a'], ';')).toBe(true);
  expect(detectDecimalComma(['3.14', '1,234'], ',')).toBe(false);
  expect(detectDecimalComma(['1.234,56'], ';')).toBe(true);
  expect(detectDecimalComma(['1,234.56', '1,200'], ';')).toBe(false);
  expect(detectDecimalComma(['1,234'], ';')).toBe(true);
  expect(detectDecimalComma(['1,234'], ',')).toBe(false);
  expect(detectDecimalComma(['1', 'x'], ';')).toBe(false);
});
