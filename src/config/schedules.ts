import * as v from 'valibot';
import { integer, number } from './field';

const warmupSteps = v.optional(
  v.nullable(integer('Steps over which the learning rate rises from 0; null: a tenth of the run at most')),
  null,
);

/** The learning rate stays as it is. */
export const constant = v.strictObject({
  name: v.literal('constant'),
  warmup_steps: v.optional(v.nullable(integer('Steps over which the learning rate rises from 0')), 0),
});

/** The learning rate is multiplied by `gamma` every so many epochs. */
export const step = v.strictObject({
  name: v.literal('step'),
  every_epochs: v.optional(integer('Epochs between two drops', 1), 10),
  gamma: v.optional(number('Factor of each drop', 0, 1), 0.1),
  warmup_steps: v.optional(v.nullable(integer('Steps over which the learning rate rises from 0')), 0),
});

/** The learning rate falls along half a cosine (Loshchilov & Hutter 2017) after a linear warm-up. */
export const cosine = v.strictObject({
  name: v.literal('cosine'),
  warmup_steps: warmupSteps,
  final: v.optional(number('Share of the learning rate left at the end', 0, 1), 0),
});

/** Settings of every schedule. To add one: its settings here, its curve in `training/schedules/`. */
export const schedules = v.variant('name', [constant, step, cosine]);

/** The `training.schedule` section, all defaults filled in. */
export type ScheduleConfig = v.InferOutput<typeof schedules>;
