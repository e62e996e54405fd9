/** The shape of `Preprocessing` when it comes from outside, as in a bundle. */
import * as v from 'valibot';
import { TASKS } from '../../config/schema';
import type { Preprocessing } from '../../store/schema';

const finite = v.pipe(v.number(), v.finite());
const scale = v.pipe(v.number(), v.finite(), v.gtValue(0));
const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1 << 24));

/** One code point. */
const character = v.pipe(
  v.string(),
  v.check((text) => Array.from(text).length === 1, 'a token is one character'),
);

const column = v.variant('role', [
  v.object({ name: v.string(), role: v.literal('number'), mean: finite, std: scale, missing_indicator: v.boolean() }),
  v.object({
    name: v.string(),
    role: v.literal('date'),
    mean: finite,
    std: scale,
    missing_indicator: v.boolean(),
    day_first: v.boolean(),
  }),
  v.object({ name: v.string(), role: v.literal('category'), values: v.array(v.string()) }),
]);

/** Validates a preprocessing: `v.parse(preprocessingSchema, json)`. */
export const preprocessingSchema: v.GenericSchema<unknown, Preprocessing> = v.pipe(
  v.object({
    version: v.literal(1),
    task: v.picklist(TASKS),
    input_shape: v.pipe(v.array(size), v.minLength(1)),
    inputs: v.variant('kind', [
      v.object({ kind: v.literal('table'), columns: v.array(column), decimal_comma: v.boolean() }),
      v.object({ kind: v.literal('images'), mean: v.array(finite), std: v.array(scale) }),
      v.object({ kind: v.literal('text'), vocabulary: v.pipe(v.array(character), v.minLength(1)) }),
    ]),
    target: v.array(v.string()),
    classes: v.nullable(v.pipe(v.array(v.string()), v.minLength(2))),
    target_scale: v.nullable(v.object({ mean: v.array(finite), std: v.array(scale) })),
  }),
  v.check(
    ({ task, inputs }) => (task === 'language_model') === (inputs.kind === 'text'),
    'a language model takes text, and nothing else does',
  ),
  v.check(({ task, classes, target_scale, target }) => {
    if (task === 'language_model') return classes === null && target_scale === null;
    if (task === 'classification') return classes !== null;
    const { length } = target;
    return target_scale !== null && target_scale.mean.length === length && target_scale.std.length === length;
  }, 'a classification needs its classes, a regression the scale of each target'),
  v.check(({ inputs, input_shape }) => {
    if (inputs.kind === 'table') return input_shape.length === 1 && input_shape[0] === tableWidth(inputs.columns);
    if (inputs.kind === 'text') return input_shape.length === 1;
    return input_shape.length === 3 && inputs.mean.length === input_shape[2] && inputs.std.length === input_shape[2];
  }, 'the input shape does not fit the inputs'),
);

/** Numbers that columns of a table become, side by side. */
export function tableWidth(columns: v.InferOutput<typeof column>[]): number {
  return columns.reduce((sum, each) => sum + columnWidth(each), 0);
}

/** Numbers that one column becomes: a value and perhaps its missing indicator, or a place for each category and one more. */
export function columnWidth(transform: v.InferOutput<typeof column>): number {
  if (transform.role === 'category') return transform.values.length + 1;
  return transform.missing_indicator ? 2 : 1;
}
