/**
 * Names as every MLflow server takes them: letters and digits of ASCII, `_ - . /` and space, at most 250 characters, and
 * what Python's `posixpath.normpath` leaves as it is. The server's own rule is wider (`\w` of any script) except under
 * Windows, and databases there compare accents and trailing spaces away; within this alphabet all agree.
 *
 * Anything else is written as its code point, `-u20ac-` for €, and so can be read back: different names stay different.
 */
import { sha256 } from '../../../base/hash';

/** Characters of a key. */
export const MAX_KEY = 250;
/** Characters of a param's value. */
export const MAX_PARAM = 6000;
/** Characters of a tag's value. */
export const MAX_TAG = 8000;

const escape = (text: string): string =>
  Array.from(text, (character) => `-u${character.codePointAt(0)?.toString(16)}-`).join('');

/** What needs no change: in the alphabet, a path in its shortest form, and nothing in it that looks escaped. */
const isSafe = (name: string): boolean =>
  /^[\w\-./ ]+$/.test(name) &&
  !/-u[0-9a-f]*-/.test(name) &&
  !/^\/|\/\/|\/$| $/.test(name) &&
  !/(?:^|\/)\.{1,2}(?:\/|$)/.test(name);

/** The name there. */
export async function safeName(name: string): Promise<string> {
  if (name === '') return '-u-';
  if (isSafe(name) && name.length <= MAX_KEY) return name;
  const plain = isSafe(name)
    ? name
    : name
        // So that every `-u` of the result begins an escape.
        .replace(/-(?=u)/g, escape)
        .replace(/[^\w\-./ ]/gu, escape)
        .replace(/ $/, escape)
        // Empty segments, `.` and `..` mean a place in paths.
        .replace(/^\/|\/(?=\/)|\/$/g, escape)
        .replace(/(?<=^|\/)\.(?=\.?(?:\/|$))/g, escape);
  // The hash keeps names apart that begin alike.
  return plain.length <= MAX_KEY ? plain : `${plain.slice(0, MAX_KEY - 65)}-${await sha256(name)}`;
}

/** At most so many characters, the last one `…` where something was cut. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  // Half a surrogate pair is no text.
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
