/** Constraints of a search space: `model.hidden.width * model.hidden.depth <= 512`. */
import type { LatheError } from '../../base/errors';
import { nearest } from '../nearest';
import type { ParameterValue } from './space';
import { constraintError, tokenize, type Token } from './tokens';

/** A condition over parameters. */
export interface Constraint {
  text: string;
  /** Keys that it names. */
  keys: string[];
  /** Whether it holds; it does where a key that it names has no value. */
  holds(params: Record<string, ParameterValue>): boolean;
}

/**
 * Reads a condition over `keys`: numbers, text in quotes, true, false and keys; `+ - * / % **`, comparisons, `and or not`,
 * parentheses and functions (`FUNCTIONS`). Arithmetic on what is no number gives NaN, and a comparison with NaN does not
 * hold, so that no condition ever throws.
 * @throws LatheError of kind `config` that says where it cannot be read, and what was expected there.
 */
export function compileConstraint(text: string, keys: readonly string[]): Constraint {
  const parser = new Parser(text, keys);
  const evaluate = parser.condition();
  const named = [...parser.named];
  return {
    text,
    keys: named,
    holds: (params) => named.some((key) => !Object.hasOwn(params, key)) || evaluate(params) === true,
  };
}

/** Functions by name; `min` and `max` take any number of values, the others one. */
const FUNCTIONS: Record<string, (...values: number[]) => number> = {
  min: Math.min,
  max: Math.max,
  abs: Math.abs,
  sqrt: Math.sqrt,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  exp: Math.exp,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
};

const ANY_NUMBER_OF_VALUES = new Set(['min', 'max']);

type Params = Record<string, ParameterValue>;
type Evaluate = (params: Params) => ParameterValue;

/** What an expression gives, as far as its text says; `any`: the value of a key. */
type Type = 'number' | 'text' | 'condition' | 'any';

interface Expression {
  type: Type;
  evaluate: Evaluate;
  /** Where it begins. */
  token: Token;
}

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  // The sign is that of the divisor.
  '%': (a, b) => a - b * Math.floor(a / b),
  '**': (a, b) => a ** b,
};

const ORDER: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const asNumber = (value: ParameterValue): number => (typeof value === 'number' ? value : NaN);
const same = (a: ParameterValue, b: ParameterValue): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What people write who come from other languages. */
const FOREIGN: Record<string, string> = {
  '=': '==',
  '&&': 'and',
  '||': 'or',
  '!': 'not',
  '^': '**',
  '&': 'and',
  '|': 'or',
};

/** Recursive descent, one method a level: or, and, not, comparison, sum, product, sign, power, value. */
class Parser {
  readonly named = new Set<string>();
  readonly #text: string;
  readonly #keys: readonly string[];
  readonly #tokens: Token[];
  #at = 0;

  constructor(text: string, keys: readonly string[]) {
    this.#text = text;
    this.#keys = keys;
    this.#tokens = tokenize(text);
  }

  condition(): Evaluate {
    const whole = this.#or();
    if (this.#token.type !== 'end') throw this.#unexpected('an operator, or the end');
    this.#mustBeCondition(whole, 'a condition, such as a comparison');
    return whole.evaluate;
  }

  get #token(): Token {
    return this.#tokens[this.#at];
  }

  /** Steps over the next token if it is one of these operators or words. */
  #take(...words: string[]): Token | null {
    const token = this.#token;
    if ((token.type !== 'operator' && token.type !== 'name') || !words.includes(token.text)) return null;
    this.#at++;
    return token;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#take('or'))
      left = this.#both(left, this.#and(), (a, b) => (params) => truth(a, params) || truth(b, params));
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#take('and'))
      left = this.#both(left, this.#not(), (a, b) => (params) => truth(a, params) && truth(b, params));
    return left;
  }

  #both(left: Expression, right: Expression, join: (a: Evaluate, b: Evaluate) => Evaluate): Expression {
    for (const side of [left, right]) this.#mustBeCondition(side, 'a condition on both sides of and, or');
    return { type: 'condition', evaluate: join(left.evaluate, right.evaluate), token: left.token };
  }

  #not(): Expression {
    const token = this.#take('not');
    if (!token) return this.#comparison();
    const inner = this.#not();
    this.#mustBeCondition(inner, 'a condition after not');
    return { type: 'condition', evaluate: (params) => !truth(inner.evaluate, params), token };
  }

  /** `a < b <= c` means `a < b and b <= c`. */
  #comparison(): Expression {
    let left = this.#sum();
    const { token } = left;
    const parts: Evaluate[] = [];
    for (let operator = this.#comparator(); operator; operator = this.#comparator()) {
      const right = this.#sum();
      parts.push(this.#compare(operator.text, left, right));
      left = right;
    }
    if (parts.length === 0) return left;
    return { type: 'condition', evaluate: (params) => parts.every((part) => part(params) === true), token };
  }

  #comparator(): Token | null {
    return this.#take('<', '<=', '>', '>=', '==', '!=');
  }

  #compare(operator: string, { evaluate: a, ...left }: Expression, { evaluate: b, ...right }: Expression): Evaluate {
    if (operator === '==') return (params) => same(a(params), b(params));
    if (operator === '!=') return (params) => !same(a(params), b(params));
    for (const side of [left, right]) this.#mustBeNumber(side, `a number beside ${operator}`);
    const compare = ORDER[operator];
    return (params) => compare(asNumber(a(params)), asNumber(b(params)));
  }

  #sum(): Expression {
    let left = this.#product();
    for (let operator = this.#take('+', '-'); operator; operator = this.#take('+', '-'))
      left = this.#calculate(operator.text, left, this.#product());
    return left;
  }

  #product(): Expression {
    let left = this.#sign();
    for (let operator = this.#take('*', '/', '%'); operator; operator = this.#take('*', '/', '%'))
      left = this.#calculate(operator.text, left, this.#sign());
    return left;
  }

  #sign(): Expression {
    const token = this.#take('-', '+');
    if (!token) return this.#power();
    const inner = this.#sign();
    this.#mustBeNumber(inner, `a number after ${token.text}`);
    const factor = token.text === '-' ? -1 : 1;
    return { type: 'number', evaluate: (params) => factor * asNumber(inner.evaluate(params)), token };
  }

  /** Binds to the right, and more tightly than the sign before it: `-2 ** 2` is −4, `2 ** -1` a half. */
  #power(): Expression {
    const base = this.#value();
    return this.#take('**') ? this.#calculate('**', base, this.#sign()) : base;
  }

  #calculate(operator: string, left: Expression, right: Expression): Expression {
    for (const side of [left, right]) this.#mustBeNumber(side, `a number beside ${operator}`);
    const [a, b, f] = [left.evaluate, right.evaluate, ARITHMETIC[operator]];
    return { type: 'number', evaluate: (params) => f(asNumber(a(params)), asNumber(b(params))), token: left.token };
  }

  #value(): Expression {
    const token = this.#token;
    if (token.type === 'number') {
      this.#at++;
      const value = Number(token.text);
      return { type: 'number', evaluate: () => value, token };
    }
    if (token.type === 'text') {
      this.#at++;
      return { type: 'text', evaluate: () => token.text, token };
    }
    if (this.#take('(')) {
      const inner = this.#or();
      if (!this.#take(')')) throw this.#unexpected('an operator or )');
      return { ...inner, token };
    }
    if (token.type !== 'name' || ['and', 'or', 'not'].includes(token.text)) {
      throw this.#unexpected('a number, a key, text in quotes, a function or (');
    }
    this.#at++;
    if (token.text === 'true' || token.text === 'false') {
      const value = token.text === 'true';
      return { type: 'condition', evaluate: () => value, token };
    }
    return this.#take('(') ? this.#call(token) : this.#key(token);
  }

  #call(name: Token): Expression {
    const known = Object.keys(FUNCTIONS);
    if (!known.includes(name.text)) {
      const near = nearest(name.text, known);
      throw this.#error(
        name,
        `${name.text} is no function${near ? `; did you mean ${near}?` : `. There are ${known.join(', ')}.`}`,
      );
    }
    const values: Evaluate[] = [];
    do {
      const value = this.#sum();
      this.#mustBeNumber(value, `a number in ${name.text}(…)`);
      values.push(value.evaluate);
    } while (this.#take(','));
    if (!this.#take(')')) throw this.#unexpected('an operator, a comma or )');
    if (values.length > 1 && !ANY_NUMBER_OF_VALUES.has(name.text)) {
      throw this.#error(name, `${name.text} takes one value, not ${values.length}.`);
    }
    const f = FUNCTIONS[name.text];
    return { type: 'number', evaluate: (params) => f(...values.map((value) => asNumber(value(params)))), token: name };
  }

  #key(token: Token): Expression {
    const key = token.text;
    if (!this.#keys.includes(key)) {
      const near = nearest(key, [...this.#keys]) ?? this.#keys.find((other) => other.endsWith(`.${key}`));
      const remedy = near
        ? `did you mean ${near}?`
        : key.includes('.')
          ? `it can name ${this.#keys.length > 0 ? this.#keys.join(', ') : 'no key yet'}.`
          : 'text goes in quotes.';
      throw this.#error(token, `${key} is no key of the search space; ${remedy}`);
    }
    this.named.add(key);
    return { type: 'any', evaluate: (params) => params[key], token };
  }

  #mustBeNumber({ type, token }: Pick<Expression, 'type' | 'token'>, expected: string): void {
    if (type === 'text' || type === 'condition') {
      throw this.#error(token, `expected ${expected}, not ${type === 'text' ? 'text' : 'true or false'}.`);
    }
  }

  #mustBeCondition({ type, token }: Pick<Expression, 'type' | 'token'>, expected: string): void {
    if (type === 'text' || type === 'number') {
      throw this.#error(token, `expected ${expected}, not ${type === 'text' ? 'text' : 'a number'}.`);
    }
  }

  #unexpected(expected: string): LatheError {
    const { type, text } = this.#token;
    const meant = type === 'operator' && Object.hasOwn(FOREIGN, text) ? ` Write ${FOREIGN[text]} for ${text}.` : '';
    return this.#error(this.#token, `expected ${expected}${type === 'end' ? '' : `, not ${text}`}.${meant}`);
  }

  #error(token: Token, sentence: string): LatheError {
    return constraintError(this.#text, token.column, sentence);
  }
}

const truth = (evaluate: Evaluate, params: Params): boolean => evaluate(params) === true;
