/** What `preprocessing.json` must hold: numbers that fit together, so that a bundle cannot make prediction misread data. */
import * as v from 'valibot';
import type { Preprocessing } from '../../store/schema';

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const finite = v.pipe(v.number(), v.finite());
const side = v.pipe(v.number(), v.integer(), v.minValue(1));

const scaled = { name: v.string(), mean: finite, std: positive, missing_indicator: v.boolean() };

const column = v.variant('role', [
  v.object({ role: v.literal('number'), ...scaled }),
  v.object({ role: v.literal('date'), ...scaled, day_first: v.boolean() }),
  v.object({ role: v.literal('category'), name: v.string(), values: v.array(v.string()) }),
]);

/** Schema of `Preprocessing`. */
export const preprocessingSchema: v.GenericSchema<unknown, Preprocessing> = v.object({
  version: v.literal(1),
  task: v.picklist(['classification', 'regression']),
  input_shape: v.pipe(v.array(side), v.minLength(1)),
  inputs: v.variant('kind', [
    v.object({
      kind: v.literal('table'),
      columns: v.pipe(v.array(column), v.minLength(1)),
      decimal_comma: v.boolean(),
    }),
    v.object({ kind: v.literal('images'), mean: v.array(finite), std: v.array(positive) }),
  ]),
  target: v.pipe(v.array(v.string()), v.minLength(1)),
  classes: v.nullable(v.pipe(v.array(v.string()), v.minLength(2))),
  target_scale: v.nullable(v.object({ mean: v.array(finite), std: v.array(positive) })),
});
