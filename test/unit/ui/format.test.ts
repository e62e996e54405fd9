import { describe, expect, it } from 'vitest';
import {
  formatAgo,
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumber,
  formatPercent,
  formatRate,
  formatSetting,
  formatShape,
  plural,
} from '../../../src/ui/format';

/** Thin spaces as plain ones, so that expectations can be read. */
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [0.031_234, '0.03123'],
    [1234.5678, '1235'],
    [2023, '2023'],
    [12_345.6, '12,346'],
    [-0.5, '−0.5'],
    [3.14e-7, '3.14e−7'],
    [6.38e20, '6.38e20'],
    [2e-9, '2e−9'],
    [1, '1'],
  ])('%d is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('says what is no number', () => {
    expect([NaN, Infinity, -Infinity, null, undefined].map((value) => formatNumber(value))).toEqual([
      'NaN',
      '∞',
      '−∞',
      '–',
      '–',
    ]);
  });

  it('keeps as many digits as it is asked for', () => expect(formatNumber(0.798_765, 3)).toBe('0.799'));
});

it('numbers that are typed again keep their value', () => {
  for (const value of [0.001, 1e-5, 2.5e-8, 64, 0, 1e-10]) expect(Number(formatSetting(value))).toBe(value);
  expect(formatSetting(1e-5)).toBe('1e-5');
});

it('counts have their thousands apart', () => expect(formatCount(1_234_567)).toBe('1,234,567'));

it.each([
  [842, '842'],
  [999, '999'],
  [999.7, '1 k'],
  [1050, '1.05 k'],
  [12_345, '12.3 k'],
  [999_600, '1 M'],
  [4_300_000_000, '4.3 G'],
])('%d in short is %s', (value, text) => expect(plain(formatCompact(value))).toBe(text));

it.each([
  [0, '0 B'],
  [512, '512 B'],
  [1500, '1.5 kB'],
  [47_500, '47.5 kB'],
  [10_700_000_000, '10.7 GB'],
])('%d bytes are %s', (value, text) => expect(plain(formatBytes(value))).toBe(text));

it.each([
  [0.9432, '94.3 %'],
  [1, '100.0 %'],
  [0, '0.0 %'],
  [0.9997, '99.97 %'],
  [0.0001, '0.01 %'],
])('a share of %d is %s', (value, text) => expect(plain(formatPercent(value))).toBe(text));

it.each([
  [0, '0 s'],
  [0.04, '< 0.1 s'],
  [0.42, '0.4 s'],
  [12.4, '12 s'],
  [59.7, '1 min 00 s'],
  [185, '3 min 05 s'],
  [4800, '1 h 20 min'],
  [187_200, '2 d 4 h'],
])('%d seconds are %s', (value, text) => expect(plain(formatDuration(value))).toBe(text));

it('step times and throughput carry their units', () => {
  expect(plain(formatMilliseconds(3.2567))).toBe('3.26 ms');
  expect(plain(formatMilliseconds(1234))).toBe('1.23 s');
  expect(plain(formatRate(12_345))).toBe('12.3 k samples/s');
  expect(formatRate(null)).toBe('–');
});

it('tells how long ago', () => {
  const now = Date.UTC(2026, 2, 3, 12);
  const ago = (seconds: number): string => formatAgo(now - seconds * 1000, now);
  expect([10, 300, 7200, 100_000, 300_000].map(ago)).toEqual([
    'just now',
    '5 min ago',
    '2 h ago',
    'yesterday',
    '3 days ago',
  ]);
  expect(ago(30 * 86_400)).toBe('1 Feb 2026');
});

it('one is one, and more are more', () => {
  expect([plural(1, 'row'), plural(2, 'row'), plural(1000, 'class', 'classes')]).toEqual([
    '1 row',
    '2 rows',
    '1,000 classes',
  ]);
  expect([formatShape([28, 28, 1]), formatShape([])]).toEqual(['28 × 28 × 1', 'scalar']);
});
