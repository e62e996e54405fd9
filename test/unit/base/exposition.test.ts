import { describe, expect, it } from 'vitest';
import { readExposition, writeExposition, type MetricFamily } from '../../../src/base/exposition';

const LIMITS = { families: 8, samples: 20, labels: 4, name: 40, value: 60 };
const read = (text: string) => readExposition(text, LIMITS);
const gauge = (name: string, ...samples: MetricFamily['samples']): MetricFamily => ({
  name,
  help: 'Help.',
  type: 'gauge',
  samples,
});

describe('the text format of Prometheus', () => {
  it('is written as the specification shows it', () => {
    const text = writeExposition([
      { ...gauge('lathe_step', { labels: { run: 'a', name: '' }, value: 12 }), help: 'Steps\\n of\na run' },
      gauge('empty'),
      gauge('plain', { labels: {}, value: 1e-7 }),
    ]);
    expect(text).toBe(
      [
        '# HELP lathe_step Steps\\\\n of\\na run',
        '# TYPE lathe_step gauge',
        'lathe_step{run="a"} 12',
        '# HELP plain Help.',
        '# TYPE plain gauge',
        'plain 1e-7',
        '',
      ].join('\n'),
    );
  });

  it('brings back what was written, whatever stands in labels and help', () => {
    const odd = ['"', '\\', '\n', '\\n', 'a"} 1\nevil{x="', 'ü😀', '{}=,#', ' \t ', '\r', '\u0000'];
    const families = [
      {
        ...gauge('a:b_1', ...odd.map((value, index) => ({ labels: { l: value, i: `${index}` }, value: index }))),
        help: odd[4],
      },
      gauge(
        'values',
        ...[0, -0.5, 1e300, 5e-324, Infinity, -Infinity, NaN].map((value, i) => ({ labels: { i: `${i}` }, value })),
      ),
    ];
    expect(read(writeExposition(families))).toEqual(families);
  });

  it('is not written where it would be none', () => {
    expect(() => writeExposition([gauge('1st', { labels: {}, value: 1 })])).toThrow(/"1st" cannot be the name/);
    expect(() => writeExposition([gauge('a', { labels: { 'b-c': 'x' }, value: 1 })])).toThrow(/"b-c" cannot be/);
    expect(() => writeExposition([gauge('a', { labels: { __name__: 'x' }, value: 1 })])).toThrow(/__name__/);
    const twice = { labels: { x: '1', y: '' }, value: 1 };
    expect(() => writeExposition([gauge('a', twice, { labels: { x: '1' }, value: 2 })])).toThrow(/two values/);
  });

  it('is read with the blanks, comments and spellings that others use', () => {
    expect(read('\n# a comment\n#TYPE x y\n a { b = "c" , d="e", }\t+1.5E3 \nn NaN\ni -inf\nz{} .5\n')).toEqual([
      { name: 'a', help: '', type: 'untyped', samples: [{ labels: { b: 'c', d: 'e' }, value: 1500 }] },
      { name: 'n', help: '', type: 'untyped', samples: [{ labels: {}, value: NaN }] },
      { name: 'i', help: '', type: 'untyped', samples: [{ labels: {}, value: -Infinity }] },
      { name: 'z', help: '', type: 'untyped', samples: [{ labels: {}, value: 0.5 }] },
    ]);
    expect(read('')).toEqual([]);
  });

  it.each([
    ['a 1', 'Line 1: the last line does not end with a line feed'],
    ['a 1\nb\n', 'Line 2: the value is missing'],
    ['a 1 1700000000\n', 'a timestamp'],
    ['a one\n', 'no number'],
    ['a 0x10\n', 'no number'],
    [`a ${'1'.repeat(100)}\n`, 'no number'],
    ['é 1\n', 'no name of a metric'],
    ['{a="b"} 1\n', 'no name of a metric'],
    ['a{b-c="d"} 1\n', 'a label has no value'],
    ['a{1b="d"} 1\n', 'no name of a label'],
    ['a{__name__="d"} 1\n', 'no name of a label'],
    ['a{b=c} 1\n', 'quotation mark'],
    ['a{b="c} 1\n', 'does not end'],
    ['a{b="c\\"} 1\n', 'does not end'],
    ['a{b="\\t"} 1\n', 'unknown escape'],
    ['a{b="c"d="e"} 1\n', 'comma or a closing brace'],
    ['a{b="c",b="d"} 1\n', 'stands twice'],
    ['a{b="c"} 1\na{b="c"} 2\n', 'had a value before'],
    ['a{b="c"} 1\n# TYPE a gauge\n', 'the type comes after'],
    ['# TYPE a gauge\n# TYPE a gauge\n', 'said twice'],
    ['# TYPE a histogram\n', 'none of gauge'],
    [`${'x'.repeat(41)} 1\n`, 'no name of a metric'],
    [`a{b="${'x'.repeat(61)}"} 1\n`, 'longer than 60'],
    [`# HELP a ${'x'.repeat(61)}\n`, 'longer than 60'],
    ['a{b="1",c="1",d="1",e="1",f="1"} 1\n', 'more than 4 labels'],
    [Array.from({ length: 9 }, (_, i) => `m${i} 1\n`).join(''), 'more than 8 metrics'],
    [Array.from({ length: 21 }, (_, i) => `m{i="${i}"} 1\n`).join(''), 'more than 20 samples'],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('reads lines that are made to take long', () => {
    const long = 200_000;
    expect(() => read(`${' '.repeat(long)}x\n`)).toThrow(/missing/);
    expect(() => read(`a ${'1'.repeat(long)}x\n`)).toThrow(/no number/);
    expect(() => read(`# HELP ${' '.repeat(long)}\n`)).not.toThrow();
  });
});
