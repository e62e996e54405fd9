/**
 * Small building blocks of the config schema. Every setting is one line: its type and range, its default and a short
 * description, from which the form, the errors and the documentation are all made.
 */
import * as v from 'valibot';

/** A number in `[min, max]`. */
export const number = (description: string, min = -Infinity, max = Infinity) =>
  v.pipe(v.number(), v.finite(), v.minValue(min), v.maxValue(max), v.description(description));

/** A number above zero, up to `max`. */
export const positive = (description: string, max = Infinity) =>
  v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(max), v.description(description));

/** A whole number in `[min, max]`. */
export const integer = (description: string, min = 0, max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max), v.description(description));

/** True or false. */
export const flag = (description: string) => v.pipe(v.boolean(), v.description(description));

/** Any text. */
export const text = (description: string) => v.pipe(v.string(), v.description(description));

/** A whole number in `[min, max]`, or the word that leaves it to Lathe. */
export const integerOr = <const W extends string>(description: string, word: W, min: number, max: number) =>
  v.pipe(
    v.union([v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max)), v.literal(word)]),
    v.description(description),
  );

/** One of a few words. */
export const choice = <const T extends readonly string[]>(description: string, choices: T) =>
  v.pipe(v.picklist(choices), v.description(description));
