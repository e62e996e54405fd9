/**
 * JSON as Python's `json` module writes it by default: ASCII only, floats with their point (`8.0`, `1e-05`), and the bare
 * words `NaN`, `Infinity` and `-Infinity`, which `JSON.parse` refuses.
 */

/** A number that Python is to read as a float even where it is whole. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** What can be written. */
export type PythonJson =
  string | number | boolean | null | PythonFloat | readonly PythonJson[] | { readonly [key: string]: PythonJson };

/** How the parts are set apart: `json.dumps` by default, or `separators=(',', ':')`. */
export type Separators = 'spaced' | 'compact';

/** Writes `value`. Plain whole numbers become Python's int. */
export function formatPythonJson(value: PythonJson, separators: Separators = 'compact'): string {
  const [comma, colon] = separators === 'spaced' ? [', ', ': '] : [',', ':'];
  const write = (part: PythonJson): string => {
    if (part === null || typeof part === 'boolean') return String(part);
    if (typeof part === 'string') return formatText(part);
    if (typeof part === 'number') return Number.isInteger(part) ? formatWhole(part) : formatFloat(part);
    if (part instanceof PythonFloat) return formatFloat(part.value);
    if (isList(part)) return `[${part.map(write).join(comma)}]`;
    return `{${Object.entries(part)
      .map(([key, item]) => formatText(key) + colon + write(item))
      .join(comma)}}`;
  };
  return write(value);
}

const isList = (part: PythonJson): part is readonly PythonJson[] => Array.isArray(part);

const formatText = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** An int of any length has all its digits. */
const formatWhole = (value: number): string => (Math.abs(value) < 1e21 ? String(value) : BigInt(value).toString());

/** As `float.__repr__`: an exponent below 1e-4 and from 1e16 on, of two digits at least. */
function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e');
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/**
 * Reads what Python writes; what JSON itself allows is read by `JSON.parse`.
 * @throws SyntaxError
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
  }
  return new Parser(text).document();
}

/** One token and the space before it: punctuation, a string, or a word (number, `true`, `NaN`). */
const TOKEN = /[ \t\r\n]*([{}[\],:]|"(?:[^"\\]|\\.)*"|[-+.\w]+)/y;

const WORDS: ReadonlyMap<string, unknown> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** JSON and three words more, by recursive descent. */
class Parser {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    let end = 0;
    for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
      this.#tokens.push(match[1]);
      end = TOKEN.lastIndex;
    }
    if (text.slice(end).trim() !== '') throw new SyntaxError(`unexpected ${text.slice(end).trim().slice(0, 20)}`);
  }

  /** The whole text as one value. */
  document(): unknown {
    const value = this.#value();
    if (this.#at < this.#tokens.length) throw new SyntaxError(`unexpected ${this.#tokens[this.#at]}`);
    return value;
  }

  #value(): unknown {
    const token = this.#next();
    if (token === '[') return this.#list();
    if (token === '{') return this.#object();
    // Of the rest JSON.parse is the judge.
    return WORDS.has(token) ? WORDS.get(token) : (JSON.parse(token) as unknown);
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    if (this.#skip(']')) return list;
    do list.push(this.#value());
    while (this.#skip(','));
    this.#expect(']');
    return list;
  }

  #object(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    if (this.#skip('}')) return {};
    do {
      const key: unknown = JSON.parse(this.#next());
      if (typeof key !== 'string') throw new SyntaxError('a key is no string');
      this.#expect(':');
      entries.push([key, this.#value()]);
    } while (this.#skip(','));
    this.#expect('}');
    // Unlike an assignment this takes a key named __proto__ for a key.
    return Object.fromEntries(entries);
  }

  #next(): string {
    const token = this.#tokens.at(this.#at++);
    if (token === undefined) throw new SyntaxError('the text ends early');
    return token;
  }

  #skip(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#skip(token)) throw new SyntaxError(`expected ${token}`);
  }
}
