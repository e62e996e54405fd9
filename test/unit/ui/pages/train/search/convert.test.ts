import { expect, it } from 'vitest';
import * as v from 'valibot';
import { parameterSpec, type ParameterSpec } from '../../../../../../src/config/search/space';
import { readChoice } from '../../../../../../src/ui/pages/train/search/choice-text';
import { asChoices, asRange, withLog } from '../../../../../../src/ui/pages/train/search/convert';
import { searchableAt } from '../../../../../../src/ui/pages/train/search/searchable';
import { specInWords } from '../../../../../../src/ui/pages/train/search/words';

const spec = (input: v.InferInput<typeof parameterSpec>): ParameterSpec => v.parse(parameterSpec, input);
const rate = spec({ type: 'float', low: 1e-5, high: 0.1, log: true, when: { a: 1 } });
const units = spec({ type: 'int', low: 16, high: 512, log: true });

it('a range becomes choices spread over it, and keeps its condition', () => {
  expect(asChoices(rate)).toEqual({ type: 'categorical', choices: [1e-5, 1e-4, 1e-3, 0.01, 0.1], when: { a: 1 } });
  expect(asChoices(units)).toMatchObject({ choices: [16, 32, 64, 128, 256, 512] });
  expect(asChoices(spec({ type: 'int', low: 1, high: 5000, log: true }))).toMatchObject({
    choices: [1, 8, 64, 512, 4096],
  });
  expect(asChoices(spec({ type: 'float', low: 0, high: 0.5, step: 0.1 }))).toMatchObject({
    choices: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
  });
  expect(asChoices(spec({ type: 'int', low: 3, high: 3 }))).toMatchObject({ choices: [3] });
});

it('choices become the range that they span, or the usual one', () => {
  const setting = searchableAt('training.optimizer.learning_rate', (_, fallback) => fallback) ?? null;
  const choices = spec({ type: 'categorical', choices: [0.01, 1e-4, 0.001], when: { a: 1 } });
  expect(asRange(choices, setting, 1e-3)).toEqual({
    type: 'float',
    low: 1e-4,
    high: 0.01,
    log: true,
    step: null,
    when: { a: 1 },
  });
  expect(asRange(spec({ type: 'categorical', choices: [0.01] }), setting, 1e-3)).toMatchObject({
    low: 1e-5,
    high: 0.1,
  });
  expect(asRange(spec({ type: 'categorical', choices: [0, 2] }), null, null)).toMatchObject({
    low: 0,
    high: 2,
    log: false,
  });
});

it('logarithms start above zero and take no steps', () => {
  const dropout = spec({ type: 'float', low: 0, high: 0.5, step: 0.05 });
  if (dropout.type !== 'float') throw new Error('The range of this test is wrong.');
  const log = withLog(dropout, true);
  expect(log).toMatchObject({ log: true, step: null, high: 0.5 });
  expect(log.low).toBeGreaterThan(0);
  expect(withLog(log, false)).toMatchObject({ log: false, low: log.low });
});

it('a typed value is a number, a word or a list, as the setting asks', () => {
  expect(readChoice(' 1e-3 ', 'number')).toBe(0.001);
  expect(readChoice('64, 32', 'number_list')).toEqual([64, 32]);
  expect(readChoice('[64 32]', 'number_list')).toEqual([64, 32]);
  expect(readChoice('true', null)).toBe(true);
  expect(readChoice('null', null)).toBeNull();
  expect(readChoice('relu', 'choice')).toBe('relu');
  expect(readChoice('  ', 'number')).toBeUndefined();
});

it('a range in words', () => {
  expect(specInWords(rate)).toBe('1e-5 … 0.1, log');
  expect(specInWords(spec({ type: 'float', low: 0, high: 0.5, step: 0.05 }))).toBe('0 … 0.5 by 0.05');
  expect(specInWords(spec({ type: 'int', low: 1, high: 9 }))).toBe('1 … 9');
  expect(specInWords(spec({ type: 'categorical', choices: ['sgd', 'adamw', [64, 32]] }))).toBe(
    'sgd, adamw or [64, 32]',
  );
  expect(specInWords(spec({ type: 'categorical', choices: [1, 2, 3, 4, 5] }))).toBe('5 choices');
  expect(specInWords(spec({ type: 'bool' }))).toBe('on or off');
});
