/** The words of a constraint. */
import { LatheError } from '../../base/errors';

/** One word: a number, text in quotes, a name (a key, a function, and, or, not), an operator, or the end. */
export interface Token {
  type: 'number' | 'text' | 'name' | 'operator' | 'end';
  /** As it is written; of text what stands between the quotes. */
  text: string;
  /** Where it begins, from 1. */
  column: number;
}

// A number after a dot is part of a key: model.hidden.0.
const PATTERNS: [Token['type'], RegExp][] = [
  ['number', /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy],
  ['text', /"[^"]*"|'[^']*'/y],
  ['name', /[a-z_]\w*(?:\.\w+)*/iy],
  ['operator', /\*\*|<=|>=|==|!=|&&|\|\||[-+*/%<>(),=!^&|]/y],
];

/** Longer conditions would nest deeper than the reader's stack. */
const MAX_TOKENS = 500;

/** The words of `text`, the end last. @throws LatheError of kind `config` at a character that begins none. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++;
    if (at >= text.length) return [...tokens, { type: 'end', text: '', column: at + 1 }];
    const token = tokenAt(text, at);
    if (!token) throw constraintError(text, at + 1, reasonAt(text, at));
    if (tokens.length === MAX_TOKENS)
      throw constraintError(text, at + 1, `a condition has at most ${MAX_TOKENS} words. Write several.`);
    tokens.push(token);
    at += token.type === 'text' ? token.text.length + 2 : token.text.length;
  }
}

/** The error of a condition that cannot be read. @param column From 1. */
export function constraintError(text: string, column: number, sentence: string): LatheError {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new LatheError('config', `“${shown}” cannot be read at column ${column}: ${sentence}`, {
    column: String(column),
  });
}

function tokenAt(text: string, at: number): Token | null {
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { type, text: type === 'text' ? found.slice(1, -1) : found, column: at + 1 };
  }
  return null;
}

const reasonAt = (text: string, at: number): string =>
  text[at] === '"' || text[at] === "'"
    ? `the text that begins there has no closing ${text[at]}.`
    : `expected a number, a key or an operator, not ${text[at]}.`;
