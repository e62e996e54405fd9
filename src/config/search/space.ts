/** What a search space is: for each key of the run config that is searched, the values it may take. */
import * as v from 'valibot';
import { flag, integer, number, positive } from '../field';

/** A value that a parameter can take: whatever the config can hold. */
export type ParameterValue = string | number | boolean | null | ParameterValue[];

/** Any value that a parameter can take. */
export const parameterValue: v.GenericSchema<ParameterValue> = v.union([
  v.string(),
  v.pipe(v.number(), v.finite()),
  v.boolean(),
  v.null(),
  v.array(v.lazy(() => parameterValue)),
]);

/** `{training.optimizer.name: sgd}` or `{training.optimizer.name: [sgd, adamw]}`. */
const when = v.optional(
  v.nullable(
    v.pipe(
      v.record(v.string(), parameterValue),
      v.description('Only searched while these other parameters have this value, or one of these'),
    ),
  ),
  null,
);

const float = v.strictObject({
  type: v.literal('float'),
  low: number('Smallest value'),
  high: number('Largest value'),
  log: v.optional(flag('Searched by its logarithm'), false),
  step: v.optional(v.nullable(positive('Distance between two values; null: any')), null),
  when,
});

const int = v.strictObject({
  type: v.literal('int'),
  low: integer('Smallest value', -Number.MAX_SAFE_INTEGER),
  high: integer('Largest value', -Number.MAX_SAFE_INTEGER),
  log: v.optional(flag('Searched by its logarithm'), false),
  step: v.optional(integer('Distance between two values', 1), 1),
  when,
});

const categorical = v.strictObject({
  type: v.literal('categorical'),
  choices: v.pipe(v.array(parameterValue), v.description('Values to choose from')),
  when,
});

const bool = v.strictObject({ type: v.literal('bool'), when });

/** The range of one parameter. */
export const parameterSpec = v.variant('type', [float, int, categorical, bool]);

/** The range of one parameter, all defaults filled in. */
export type ParameterSpec = v.InferOutput<typeof parameterSpec>;

/** Ranges by key of the run config. */
export const searchSpace = v.pipe(
  v.record(v.string(), parameterSpec),
  v.description('Range of every key that is searched'),
);

/** Ranges by key of the run config, all defaults filled in. */
export type SearchSpace = v.InferOutput<typeof searchSpace>;

/** A search space as people write it. */
export type SearchSpaceInput = v.InferInput<typeof searchSpace>;
