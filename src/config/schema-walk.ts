/**
 * Walking the schema of the config by keys. Valibot's schemas are plain objects; they are read here as what they are,
 * records of unknown values, each looked at before it is used, so that no type of the library has to be forced.
 */
import type * as v from 'valibot';

/** A section of keys. */
interface Section {
  entries: Record<string, unknown>;
}

/** A section of which there are several kinds; `key` holds the word that says which. */
interface Variant {
  key: string;
  options: unknown[];
}

const isNode = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Whether `schema` can be asked whether it takes a value. */
export const isSchema = (schema: unknown): schema is v.GenericSchema => isNode(schema) && schema.kind === 'schema';

/** Whether `schema` is a section of keys. */
export const isSection = (schema: unknown): schema is Section => isNode(schema) && isNode(schema.entries);

/** Whether `schema` is a section of several kinds. A union has options too, and they need not be sections. */
export const isVariant = (schema: unknown): schema is Variant =>
  isNode(schema) && schema.type === 'variant' && typeof schema.key === 'string' && Array.isArray(schema.options);

/** What is inside `optional` and `nullable`. */
export function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (isNode(inner) && isNode(inner.wrapped)) inner = inner.wrapped;
  return inner;
}

/** The kinds that a value may be of: of a variant, a union, or a list that may be written as a section. */
export const alternatives = (schema: unknown): unknown[] =>
  isNode(schema) && Array.isArray(schema.options) && schema.type !== 'picklist' ? schema.options.map(unwrap) : [schema];

/** The word that makes a section the kind `option` of a variant. */
export function tagOf({ key }: Variant, option: unknown): unknown {
  const entry = isSection(option) ? option.entries[key] : undefined;
  return isNode(entry) ? entry.literal : undefined;
}

/** The schema of what `schema` holds under `key`, in the first of its kinds that knows the key. */
export function child(schema: unknown, key: string): unknown {
  for (const option of alternatives(unwrap(schema))) {
    const found = childOf(option, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function childOf(schema: unknown, key: string): unknown {
  if (isSection(schema)) return Object.hasOwn(schema.entries, key) ? schema.entries[key] : undefined;
  if (!isNode(schema)) return undefined;
  if (schema.type === 'array') return /^\d+$/.test(key) ? schema.item : undefined;
  return schema.type === 'record' ? schema.value : undefined;
}
