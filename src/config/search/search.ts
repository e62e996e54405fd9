/** The section `optimization.hyperparameter_search` of the run config: a study. */
import * as v from 'valibot';
import { choice, flag, integer, integerOr, number, positive, text } from '../field';
import { pruners } from './pruners';
import { samplers } from './samplers';
import { parameterValue, searchSpace } from './space';

/** Which way an objective is better. */
export const DIRECTIONS = ['minimize', 'maximize'] as const;

/** Which way an objective is better. */
export type Direction = (typeof DIRECTIONS)[number];

const objective = v.strictObject({
  metric: text('Metric to optimise'),
  direction: v.optional(choice('Whether less or more is better', DIRECTIONS), 'minimize'),
});

/** Settings of a study. */
export const search = v.strictObject({
  enabled: v.optional(flag('Searches for better settings'), false),
  sampler: v.optional(samplers, { name: 'tpe' }),
  pruner: v.optional(pruners, { name: 'median' }),
  n_trials: v.optional(integer('Trials in the study', 1, 1_000_000), 20),
  n_jobs: v.optional(integerOr('Trials at once; auto: as many as make the study faster', 'auto', 1, 16), 1),
  timeout_minutes: v.optional(v.nullable(positive('Ends the study after so many minutes of training')), null),
  target: v.optional(v.nullable(number('Ends the study once a trial is this good')), null),
  metric: v.optional(text('Metric to optimise'), 'val_loss'),
  direction: v.optional(choice('Whether less or more is better', DIRECTIONS), 'minimize'),
  objectives: v.optional(
    v.nullable(
      v.pipe(
        v.array(objective),
        v.minLength(2),
        v.maxLength(8),
        v.description('Several metrics at once, in place of metric and direction'),
      ),
    ),
    null,
  ),
  value: v.optional(
    choice('Which value of the metric counts: of the last epoch, or of the best one', ['best', 'last'] as const),
    'best',
  ),
  folds: v.optional(
    v.nullable(integer('Trains every trial on so many folds and takes the mean; null: on one split', 2, 100)),
    null,
  ),
  constraints: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.minLength(1))),
      v.description('Conditions that every trial meets, as model.width * model.layers <= 512'),
    ),
    [],
  ),
  enqueue: v.optional(
    v.pipe(
      v.array(v.record(v.string(), parameterValue)),
      v.description('Trials that run first: values of some or all parameters, the sampler chooses the rest'),
    ),
    [],
  ),
  seed: v.optional(v.nullable(integer('Seed of the sampler; null: that of the run', 0, 0xffff_ffff)), null),
  search_space: v.optional(searchSpace, {}),
});

/** Settings of a study, all defaults filled in. */
export type SearchConfig = v.InferOutput<typeof search>;

/** The objectives of a study: at least one. */
export function objectivesOf({
  objectives,
  metric,
  direction,
}: SearchConfig): { metric: string; direction: Direction }[] {
  return objectives ?? [{ metric, direction }];
}
