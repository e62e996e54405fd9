import { describe, expect, it } from 'vitest';
import { compileConstraint } from '../../../../src/config/search/expression';
import type { ParameterValue } from '../../../../src/config/search/space';

const KEYS = ['model.hidden.width', 'model.hidden.depth', 'model.hidden.0', 'model.dropout', 'training.optimizer.name'];

const holds = (text: string, params: Record<string, ParameterValue> = {}): boolean =>
  compileConstraint(text, KEYS).holds(params);

describe('a constraint', () => {
  // Python gives the same.
  it.each<[string, boolean]>([
    ['1 + 2 * 3 == 7', true],
    ['-2 ** 2 == -4', true],
    ['2 ** -1 == 0.5', true],
    ['2 ** 3 ** 2 == 512', true],
    ['(1 + 2) * 3 == 9', true],
    ['7 % 3 == 1', true],
    ['-7 % 3 == 2', true],
    ['7 % -3 == -2', true],
    ['10 / 4 == 2.5', true],
    ['8 - 2 - 1 == 5', true],
    ['64 / 4 / 2 == 8', true],
    ['1 < 2 < 3', true],
    ['1 < 3 < 2', false],
    ['3 > 2 >= 2', true],
    ['1 + 1 < 2 + 1 and not 3 < 2', true],
    ['not 1 < 2 or 2 < 3', true],
    ['not (1 < 2 or 2 < 3)', false],
    ['1 < 2 or 1 < 2 and 2 < 1', true],
    ['(1 < 2 or 1 < 2) and 2 < 1', false],
    ['2 * -3 == -6', true],
    ['1e-3 * 1e3 == 1', true],
    ['.5 + .5 == 1', true],
    ['- - 2 == 2', true],
    ['+3 == 3', true],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it('takes functions', () => {
    expect(holds('min(3, 1, 2) + max(4, 5) == 6')).toBe(true);
    expect(holds('sqrt(abs(-16)) + log2(8) + log10(100) == 9')).toBe(true);
    expect(holds('log(exp(2)) == 2 and floor(1.7) == 1 and ceil(1.2) == 2 and round(1.6) == 2')).toBe(true);
  });

  it('reads values of parameters, digits in keys too', () => {
    const product = 'model.hidden.width * model.hidden.depth <= 512';
    expect(holds(product, { 'model.hidden.width': 128, 'model.hidden.depth': 4 })).toBe(true);
    expect(holds(product, { 'model.hidden.width': 129, 'model.hidden.depth': 4 })).toBe(false);
    expect(holds('model.hidden.0>=2', { 'model.hidden.0': 1 })).toBe(false);
    const name = `training.optimizer.name == "sgd" or model.dropout < .5`;
    expect(holds(name, { 'training.optimizer.name': 'sgd', 'model.dropout': 0.9 })).toBe(true);
    expect(holds(name, { 'training.optimizer.name': 'adamw', 'model.dropout': 0.9 })).toBe(false);
    expect(holds(`training.optimizer.name != 'sgd'`, { 'training.optimizer.name': 'lion' })).toBe(true);
  });

  it('holds where a key that it names has no value', () => {
    expect(holds('model.dropout > 5')).toBe(true);
    expect(holds('model.dropout > 5 and model.hidden.0 > 5', { 'model.dropout': 1 })).toBe(true);
    expect(compileConstraint('model.dropout > model.hidden.0 - model.dropout', KEYS).keys).toEqual([
      'model.dropout',
      'model.hidden.0',
    ]);
  });

  it('never throws, whatever the values are: arithmetic on text gives NaN', () => {
    expect(holds('model.dropout + 1 > 0', { 'model.dropout': 'much' })).toBe(false);
    expect(holds('model.dropout', { 'model.dropout': 1 })).toBe(false);
    expect(holds('model.dropout', { 'model.dropout': true })).toBe(true);
    expect(holds('not model.dropout', { 'model.dropout': false })).toBe(true);
    expect(holds('model.dropout == model.hidden.0', { 'model.dropout': [1, 2], 'model.hidden.0': [1, 2] })).toBe(true);
    expect(holds('1 / 0 > 5')).toBe(true);
  });

  it.each([
    ['model.dropout <', 16, 'expected a number, a key, text in quotes, a function or (.'],
    ['model.dropout < * 3', 17, 'not *.'],
    ['(model.dropout < 3', 19, 'expected an operator or ).'],
    ['model.dropout < 3)', 18, 'expected an operator, or the end, not ).'],
    ['model.dropout = 3', 15, 'Write == for =.'],
    ['model.dropout < 3 && 1 < 2', 19, 'Write and for &&.'],
    ['model.dropout < 2 ^ 3', 19, 'Write ** for ^.'],
    ['!(1 < 2)', 1, 'Write not for !.'],
    ['model.drop_out < 3', 1, 'model.drop_out is no key of the search space; did you mean model.dropout?'],
    ['1 < dropout', 5, 'did you mean model.dropout?'],
    ['training.epochs < 3', 1, 'it can name model.hidden.width, model.hidden.depth'],
    ['training.optimizer.name == adamw', 28, 'adamw is no key of the search space; text goes in quotes.'],
    ['sqr(model.dropout) < 1', 1, 'sqr is no function; did you mean sqrt?'],
    ['sqrt(1, 2) < 1', 1, 'sqrt takes one value, not 2.'],
    ['min(1, 2 < 1', 10, 'expected an operator, a comma or ), not <.'],
    ['model.dropout + 1', 1, 'expected a condition, such as a comparison, not a number.'],
    ['"sgd"', 1, 'expected a condition, such as a comparison, not text.'],
    ['model.dropout * "x" < 1', 17, 'expected a number beside *, not text.'],
    ['1 < 2 and 3', 11, 'expected a condition on both sides of and, or, not a number.'],
    ['not 3', 5, 'expected a condition after not, not a number.'],
    ['1 < 2 < "c"', 9, 'expected a number beside <, not text.'],
    ['model.dropout < 3 #', 19, 'expected a number, a key or an operator, not #.'],
    ['"sgd == 1', 1, 'has no closing ".'],
    ['constructor(1) < 2', 1, 'constructor is no function'],
    ['', 1, 'expected a number'],
    ['('.repeat(20_000), 501, 'at most 500 words'],
  ])('%s is refused at column %i', (text, column, sentence) => {
    expect(() => compileConstraint(text, KEYS)).toThrow(
      expect.objectContaining({
        kind: 'config',
        where: { column: String(column) },
        message: expect.stringContaining(sentence),
      }),
    );
  });
});
