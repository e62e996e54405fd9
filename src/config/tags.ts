/** Fills in which variant a section is, where the document leaves that out: `optimizer: {learning_rate: 0.1}` is AdamW. */

type Section = Record<string, unknown>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A copy of `input` in which every section of several variants that has no tag of its own gets the tag of the schema's
 * default (`model` → `architecture: mlp`), and a word in its place is taken as its tag (`sampler: tpe`). Everything else
 * stays as it is, wrong or not.
 */
export function withDefaultTags(schema: unknown, input: unknown): unknown {
  if (!isSection(schema)) return input;
  if (isSection(schema.wrapped)) {
    const tag = schema.wrapped.type === 'variant' ? schema.wrapped.key : undefined;
    if (typeof tag === 'string' && typeof input === 'string') return { [tag]: input };
    if (!isSection(input)) return input;
    if (typeof tag === 'string' && isSection(schema.default) && !(tag in input)) {
      return { [tag]: schema.default[tag], ...input };
    }
    return withDefaultTags(schema.wrapped, input);
  }
  const { entries } = schema;
  if (!isSection(entries) || !isSection(input)) return input;
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, withDefaultTags(entries[key], value)]));
}
