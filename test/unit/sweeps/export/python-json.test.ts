import { describe, expect, it } from 'vitest';
import { formatPythonJson, parsePythonJson, PythonFloat } from '../../../../src/sweeps/export/python-json';

describe('formatPythonJson', () => {
  // As Python 3.11's json.dumps prints these.
  it.each([
    [8, '8.0'],
    [0.1, '0.1'],
    [1e-4, '0.0001'],
    [1e-5, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [5e-324, '5e-324'],
    [-0, '-0.0'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ])('writes the float %d as %s', (value, text) => {
    expect(formatPythonJson(new PythonFloat(value))).toBe(text);
  });

  it('writes text in ASCII', () => {
    expect(formatPythonJson('é\u2028😀\u007f\u0001"\\/')).toBe(String.raw`"\u00e9\u2028\ud83d\ude00\u007f\u0001\"\\/"`);
  });

  it('sets parts apart as json.dumps does, or closely', () => {
    const value = { a: [1, null], b: { c: true } };
    expect(formatPythonJson(value, 'spaced')).toBe('{"a": [1, null], "b": {"c": true}}');
    expect(formatPythonJson(value)).toBe('{"a":[1,null],"b":{"c":true}}');
  });
});

describe('parsePythonJson', () => {
  it('reads numbers that JSON has not, and leaves their names in text alone', () => {
    const text = String.raw`{"a": [NaN, -Infinity, Infinity, 1.5], "NaN": "say \"NaN\", \u004eaN", "b": {"c": []}, "d": {}}`;
    expect(parsePythonJson(text)).toEqual({
      a: [NaN, -Infinity, Infinity, 1.5],
      NaN: 'say "NaN", NaN',
      b: { c: [] },
      d: {},
    });
  });

  it.each(['{"a": NaN', '[NaN,]', '[NaN] x', '{NaN: 1}', '[NaN 1]', '[nan, NaN]', '["NaN]', '[-NaN]', ''])(
    'refuses %s',
    (text) => {
      expect(() => parsePythonJson(text)).toThrow(SyntaxError);
    },
  );
});
