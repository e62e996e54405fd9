/**
 * Reads the statements of an update rule (see `UpdateRule.wgsl`). The language is the part of WGSL (W3C) that elementwise
 * arithmetic needs: `let`, assignment, compound assignment, `+ - * /`, unary minus, parentheses, decimal numbers, calls.
 */
import { LatheError } from '../../base/errors';

/** A binary operator. */
export type Operator = '+' | '-' | '*' | '/';

/** A value, the same for each element. */
export type Expression =
  | { kind: 'number'; value: number }
  | { kind: 'name'; name: string }
  | { kind: 'negate'; operand: Expression }
  | { kind: 'binary'; operator: Operator; left: Expression; right: Expression }
  | { kind: 'call'; name: string; operands: Expression[] };

/** One statement. Compound assignments are read as what they stand for. */
export type Statement =
  /** Names a value that does not change. */
  | { kind: 'let'; name: string; value: Expression }
  /** Gives a new value to what is kept. */
  | { kind: 'assign'; name: string; value: Expression };

/** An error about a rule. Rules are part of the program: whoever reads it is who wrote one. */
export const ruleError = (problem: string): LatheError => new LatheError('internal', `The update rule ${problem}.`);

const BLANK = /(?:\s|\/\/[^\n]*)*/y;
const TOKEN = /[A-Za-z_]\w*|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?f?|[-+*/]=|--|\+\+|[-+*/()=;,]/y;

/** Tokens of `source`; a last, empty one stands for the end. */
function tokenize(source: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  for (;;) {
    BLANK.lastIndex = at;
    at += BLANK.exec(source)?.[0].length ?? 0;
    if (at === source.length) return [...tokens, ''];
    TOKEN.lastIndex = at;
    const [token] = TOKEN.exec(source) ?? [];
    if (token === undefined) throw ruleError(`has a character that is not known there: “${source[at]}”`);
    tokens.push(token);
    at += token.length;
  }
}

const isName = (token: string): boolean => /^[A-Za-z_]/.test(token);
const isNumber = (token: string): boolean => /^[.\d]/.test(token);
const isOperator = (token: string): token is Operator => ['+', '-', '*', '/'].includes(token);

/** The statements of a rule. @throws LatheError where it is not in the language. */
export function parseRule(source: string): Statement[] {
  const tokens = tokenize(source);
  let position = 0;
  const peek = (): string => tokens[position];
  const take = (): string => tokens[position++];
  const words = (token: string): string => (token === '' ? 'its end' : `“${token}”`);
  const expect = (wanted: string): void => {
    if (peek() !== wanted) throw ruleError(`has ${words(peek())} where “${wanted}” belongs`);
    position++;
  };
  const name = (): string => {
    if (!isName(peek())) throw ruleError(`has ${words(peek())} where a name belongs`);
    return take();
  };

  const operands = (): Expression[] => {
    expect('(');
    const list = [sum()];
    while (peek() === ',') {
      take();
      list.push(sum());
    }
    expect(')');
    return list;
  };
  const unary = (): Expression => {
    const token = peek();
    if (token === '-') {
      take();
      return { kind: 'negate', operand: unary() };
    }
    if (token === '(') {
      take();
      const inner = sum();
      expect(')');
      return inner;
    }
    if (isNumber(token)) return { kind: 'number', value: Number(take().replace('f', '')) };
    const known = name();
    return peek() === '(' ? { kind: 'call', name: known, operands: operands() } : { kind: 'name', name: known };
  };
  /** Operators of one rank, which bind to the left. */
  const chain = (ranked: readonly string[], next: () => Expression): Expression => {
    let left = next();
    for (let operator = peek(); isOperator(operator) && ranked.includes(operator); operator = peek()) {
      take();
      left = { kind: 'binary', operator, left, right: next() };
    }
    return left;
  };
  const product = (): Expression => chain(['*', '/'], unary);
  const sum = (): Expression => chain(['+', '-'], product);

  const statement = (): Statement => {
    const first = name();
    if (first === 'let') {
      const defined = name();
      expect('=');
      return { kind: 'let', name: defined, value: sum() };
    }
    const operator = peek().slice(0, -1);
    if (peek().length === 2 && isOperator(operator)) {
      take();
      return {
        kind: 'assign',
        name: first,
        value: { kind: 'binary', operator, left: { kind: 'name', name: first }, right: sum() },
      };
    }
    expect('=');
    return { kind: 'assign', name: first, value: sum() };
  };

  const statements: Statement[] = [];
  while (peek() !== '') {
    statements.push(statement());
    expect(';');
  }
  return statements;
}
