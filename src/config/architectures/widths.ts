/**
 * Widths of layers in a row, written in either of two ways: a list of them, first to last (`[256, 128]`), or one width and
 * the number of layers (`{width: 128, depth: 2}`), which a search can vary. Nothing else reads the second form.
 */
import * as v from 'valibot';
import { integer } from '../field';
import { getPath, setPath } from '../path';

/** Layers by one width and their number. */
export interface Stack {
  width: number;
  depth: number;
}

/** Widths of layers in a row, as the config holds them. */
export type Widths = number[] | Stack;

/** One layer's width, and the key that it comes from. */
export interface LayerWidth {
  width: number;
  key: string;
}

/** A setting that takes a list of widths or a stack. What is no section is held against the list. */
export function widths<const L extends v.GenericSchema<number[]>, const S extends v.GenericSchema<unknown, Stack>>(
  description: string,
  list: L,
  stack: S,
) {
  const lazy = v.lazy((input): L | S =>
    typeof input === 'object' && input !== null && !Array.isArray(input) ? stack : list,
  );
  // The form and the sentences on what is wrong read both kinds off the schema.
  return v.pipe({ ...lazy, options: [list, stack] }, v.description(description));
}

/** Settings of a stack. */
export const stack = (what: string, width: number, widest: number, shallowest: number, deepest: number) =>
  v.strictObject({
    width: v.optional(integer(`Width of ${what}`, 1, widest), width),
    depth: v.optional(integer(`Number of layers`, shallowest, deepest), 2),
  });

/** Units of each hidden layer of an `mlp`: a stack has as many everywhere. */
export const hiddenWidths = (hidden: Widths): LayerWidth[] => unrolled('model.hidden', hidden, 1);

/** Filters of each block of a `cnn`: a stack has twice as many at every further block. */
export const filterWidths = (filters: Widths): LayerWidth[] => unrolled('model.filters', filters, 2);

function unrolled(key: string, value: Widths, growth: number): LayerWidth[] {
  if (Array.isArray(value)) return value.map((width, i) => ({ width, key: `${key}.${i}` }));
  return Array.from({ length: value.depth }, (_, i) => ({ width: value.width * growth ** i, key }));
}

const RESOLVERS: Record<string, (value: Widths) => LayerWidth[]> = {
  'model.hidden': hiddenWidths,
  'model.filters': filterWidths,
};

/**
 * `document` with the widths that `key` reaches into in the form that it speaks of: for `model.hidden.width` a list becomes
 * the stack of its first width and its length, for `model.hidden.0` a stack becomes a list. Otherwise `document` itself.
 */
export function widthsFor(document: unknown, key: string): unknown {
  const path = Object.keys(RESOLVERS).find((candidate) => key.startsWith(`${candidate}.`));
  if (path === undefined) return document;
  const value = getPath(document, path);
  const position = /^\d+$/.test(key.slice(path.length + 1));
  if (Array.isArray(value) && !position) {
    const first: unknown = value[0];
    return setPath(document, path, { ...(first === undefined ? {} : { width: first }), depth: value.length });
  }
  if (position && isStack(value)) {
    return setPath(
      document,
      path,
      RESOLVERS[path](value).map(({ width }) => width),
    );
  }
  return document;
}

const isStack = (value: unknown): value is Stack =>
  typeof value === 'object' &&
  value !== null &&
  'width' in value &&
  typeof value.width === 'number' &&
  'depth' in value &&
  Number.isInteger(value.depth);
