import { describe, expect, test } from 'vitest';
import { parseRule, type Expression } from '../../../../src/peers/replica/rule-syntax';

/** An expression with all its parentheses. */
function written(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'name':
      return expression.name;
    case 'negate':
      return `(-${written(expression.operand)})`;
    case 'binary':
      return `(${written(expression.left)} ${expression.operator} ${written(expression.right)})`;
    case 'call':
      return `${expression.name}(${expression.operands.map(written).join(', ')})`;
  }
}
const lines = (source: string): string[] =>
  parseRule(source).map(({ kind, name, value }) => `${kind} ${name} = ${written(value)}`);

describe('a rule', () => {
  test.each([
    ['a - b - c', '((a - b) - c)'],
    ['a / b * c', '((a / b) * c)'],
    ['a + b * c - d', '((a + (b * c)) - d)'],
    ['-a * b', '((-a) * b)'],
    ['a * -b', '(a * (-b))'],
    ['a - (b - c)', '(a - (b - c))'],
    ['max(a, b + c) / sqrt(-d)', '(max(a, (b + c)) / sqrt((-d)))'],
    ['1.5e-3 * a + .5 + 2. + 3f', '((((0.0015 * a) + 0.5) + 2) + 3)'],
  ])('reads %s as %s', (source, meaning) => {
    expect(lines(`w = ${source};`)).toEqual([`assign w = ${meaning}`]);
  });

  test('has statements in their order, with comments and any blanks', () => {
    const source = '\n let a=g*g; // what comes\n  w -= rate*a;\nw /= 2.0 ;';
    expect(lines(source)).toEqual(['let a = (g * g)', 'assign w = (w - (rate * a))', 'assign w = (w / 2)']);
    expect(lines('')).toEqual([]);
  });

  test.each([
    ['w = g', 'has its end where “;” belongs'],
    ['w = g +;', 'has “;” where a name belongs'],
    ['w = (g;', 'has “;” where “)” belongs'],
    ['w = g % 2;', 'has a character that is not known there: “%”'],
    ['w = g--g;', 'has “--” where “;” belongs'],
    ['if (g) w = g;', 'has “(” where “=” belongs'],
    ['w = g; }', 'has a character that is not known there: “}”'],
    ['let 3 = g;', 'has “3” where a name belongs'],
  ])('%s is refused', (source, problem) => {
    expect(() => parseRule(source)).toThrow(problem);
  });
});
