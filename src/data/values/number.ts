/** Numbers as people write them in tables. */

/**
 * The number that `text` is, if reading and writing it gives the same text back; else NaN. Such cells can be stored as
 * float64 without loss: no leading zeros, no `1.50`, no integers past 2^53.
 */
export function plainNumber(text: string): number {
  const code = text.charCodeAt(0);
  // A digit or a minus: everything else is text, and most text is ruled out by this one comparison.
  if (!((code >= 48 && code <= 57) || code === 45)) return NaN;
  const value = Number(text);
  return Number.isFinite(value) && String(value) === text ? value : NaN;
}

const SPACES = "[ \\u00a0\\u202f'’]";
const POINT = new RegExp(
  `^[+-]?(?:\\d{1,3}(?:,\\d{3})+|\\d{1,3}(?:${SPACES}\\d{3})+|\\d*)(?:\\.\\d*)?(?:[eE][+-]?\\d+)?$`,
);
const COMMA = new RegExp(
  `^[+-]?(?:\\d{1,3}(?:\\.\\d{3})+|\\d{1,3}(?:${SPACES}\\d{3})+|\\d*)(?:,\\d*)?(?:[eE][+-]?\\d+)?$`,
);
const SEPARATORS = /[ \u00a0\u202f'’]/g;
const INFINITE = /^\s*[+-]?(inf|infinity|∞)\s*$/i;
const SCIENTIFIC = /^\s*[+-]?[\d.,]+([eE][+-]?\d+)?\s*$/;

/** Whether a cell says infinity, or is a number too large for a double (`1e999`). */
export function isInfinite(cell: string): boolean {
  if (INFINITE.test(cell)) return true;
  return (
    (cell.length > 300 || /[eE]/.test(cell)) &&
    SCIENTIFIC.test(cell) &&
    Math.abs(Number(cell.replace(',', '.'))) === Infinity
  );
}

/**
 * Reads a number written for people: white space around it, thousands separators (`1,234`, `1 234`, `1'234`; `1.234` with
 * decimal commas), a leading plus or zeros, a currency sign before it, a percent or currency sign after it (both signs
 * are dropped, the number stays as written). NaN when it is none or
 * not finite.
 */
export function readNumber(text: string, decimalComma: boolean): number {
  if (text.length > 400 || INFINITE.test(text)) return NaN;
  const body = text
    .trim()
    .replace(/^([+-]?)[$€£¥]\s?/, '$1')
    .replace(/\s?[%$€£¥]$/, '')
    .replace('\u2212', '-');
  if (!/\d/.test(body)) return NaN;
  if (decimalComma && COMMA.test(body)) {
    return finite(body.replace(SEPARATORS, '').replaceAll('.', '').replace(',', '.'));
  }
  return POINT.test(body) ? finite(body.replace(SEPARATORS, '').replaceAll(',', '')) : NaN;
}

function finite(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : NaN;
}

const CERTAIN_COMMA = /^[+-]?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+|\d{1,3}([. ]\d{3})+,\d+)$/;
const CERTAIN_POINT = /^[+-]?(\d*\.(\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+|\d{1,3}([, ]\d{3})+\.\d+)([eE][+-]?\d+)?$/;
const EITHER_COMMA = /^[+-]?\d{1,3}(,\d{3})$/;

/**
 * Whether the cells of a file write decimals with a comma. `1,5` says so and `1.5` says the contrary; `1,234` alone may
 * be either, and is taken for a decimal where the comma is not what separates the cells.
 */
export function detectDecimalComma(cells: Iterable<string>, delimiter: string): boolean {
  let comma = 0;
  let point = 0;
  let either = 0;
  for (const cell of cells) {
    const body = cell.trim();
    if (body.length > 30) continue;
    if (CERTAIN_COMMA.test(body)) comma++;
    else if (CERTAIN_POINT.test(body)) point++;
    else if (EITHER_COMMA.test(body)) either++;
  }
  if (comma > 0 || point > 0) return comma > point;
  return either > 0 && delimiter !== ',';
}
