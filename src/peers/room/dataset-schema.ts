/** A dataset's row as another browser tells it: checked whole before anything of it is used. */
import * as v from 'valibot';
import { COLUMN_ROLES } from '../../config/schema';
import type { DatasetRow } from '../../store/schema';

const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(10_000));
const role = v.picklist(COLUMN_ROLES);

const base = {
  id: text,
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  created: v.number(),
  deleted_at: v.nullable(v.number()),
  content_hash: hash,
  examples: count,
  test_examples: count,
  bytes: count,
  source: v.object({ files: v.array(v.object({ path: text, bytes: count })), sample: v.nullable(text) }),
  notices: v.array(v.object({ level: v.picklist(['info', 'warning']), message: text })),
};

const top = v.array(v.object({ value: v.string(), count }));

const column = v.object({
  name: v.string(),
  role,
  guessed_role: role,
  missing: count,
  distinct: count,
  numeric: v.nullable(
    v.object({
      min: v.number(),
      max: v.number(),
      mean: v.number(),
      std: v.number(),
      histogram: v.object({ edges: v.array(v.number()), counts: v.array(v.number()) }),
    }),
  ),
  top,
});

/** A row of any kind. */
export const datasetRow: v.GenericSchema<unknown, DatasetRow> = v.variant('kind', [
  v.object({
    ...base,
    kind: v.literal('table'),
    columns: v.array(column),
    decimal_comma: v.boolean(),
    chunks: v.array(
      v.object({ rows: count, columns: v.array(v.object({ hash, encoding: v.picklist(['float64', 'text']) })) }),
    ),
  }),
  v.object({
    ...base,
    kind: v.literal('images'),
    classes: v.array(v.string()),
    class_counts: v.array(count),
    image: v.object({
      height: v.pipe(count, v.minValue(1)),
      width: v.pipe(count, v.minValue(1)),
      channels: v.picklist([1, 3, 4]),
      uniform: v.boolean(),
    }),
    chunks: v.array(v.object({ examples: count, encoding: v.picklist(['raw', 'encoded']), pixels: hash, index: hash })),
  }),
  v.object({
    ...base,
    kind: v.literal('text'),
    distinct: count,
    top,
    chunks: v.array(v.object({ characters: count, text: hash })),
  }),
]);
