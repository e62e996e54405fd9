/** Numbers in the sentences of pruners. */

const SHORT = 4;
/** As many digits as tell any two numbers apart. */
const LONG = 17;

/** A number as people read it: four digits. */
export const figure = (value: number): string => withDigits(value, SHORT);

/** Two numbers that are compared: with as many digits as it takes to see which is larger. */
export function figures(a: number, b: number): [string, string] {
  let digits = SHORT;
  while (a !== b && digits < LONG && withDigits(a, digits) === withDigits(b, digits)) digits++;
  return [withDigits(a, digits), withDigits(b, digits)];
}

/** `1 trial`, `2 trials`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const withDigits = (value: number, digits: number): string => String(Number(value.toPrecision(digits)));
