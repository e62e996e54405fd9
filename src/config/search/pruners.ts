/** Settings of every pruner. To add one: its settings here, its rule in `sweeps/pruners/`. Steps are epochs, or folds. */
import * as v from 'valibot';
import { integer, integerOr, number } from '../field';

const startupTrials = v.optional(integer('Complete trials before any is pruned', 0), 5);
const warmupSteps = v.optional(integer('Steps of a trial before it can be pruned', 0), 0);
const intervalSteps = v.optional(integer('Steps between two decisions', 1), 1);
const minTrials = v.optional(integer('Trials that must have reached a step before it is judged by', 1), 1);

const none = v.pipe(v.strictObject({ name: v.literal('none') }), v.description('Lets every trial end'));

const median = v.pipe(
  v.strictObject({
    name: v.literal('median'),
    n_startup_trials: startupTrials,
    n_warmup_steps: warmupSteps,
    interval_steps: intervalSteps,
    n_min_trials: minTrials,
  }),
  v.description('Ends what is worse than the median of the trials at the same step'),
);

const percentile = v.pipe(
  v.strictObject({
    name: v.literal('percentile'),
    percentile: v.optional(number('Share of trials that are kept, in percent', 0, 100), 25),
    n_startup_trials: startupTrials,
    n_warmup_steps: warmupSteps,
    interval_steps: intervalSteps,
    n_min_trials: minTrials,
  }),
  v.description('Keeps the best share of the trials at the same step'),
);

const successiveHalving = v.pipe(
  v.strictObject({
    name: v.literal('successive_halving'),
    min_resource: v.optional(integerOr('Steps before the first decision', 'auto', 1, 1_000_000), 'auto'),
    reduction_factor: v.optional(integer('One in so many goes on at every rung', 2), 4),
    min_early_stopping_rate: v.optional(integer('Rungs that are left out at the start', 0), 0),
    bootstrap_count: v.optional(integer('Trials a rung awaits before it promotes any', 0), 0),
  }),
  v.description('Lets the best fraction go on, rung by rung'),
);

const hyperband = v.pipe(
  v.strictObject({
    name: v.literal('hyperband'),
    min_resource: v.optional(integer('Steps before the first decision', 1), 1),
    max_resource: v.optional(integerOr('Steps of a whole trial', 'auto', 1, 1_000_000), 'auto'),
    reduction_factor: v.optional(integer('One in so many goes on at every rung', 2), 3),
    bootstrap_count: v.optional(integer('Trials a rung awaits before it promotes any', 0), 0),
  }),
  v.description('Successive halving in several brackets, from hasty to patient'),
);

const threshold = v.pipe(
  v.strictObject({
    name: v.literal('threshold'),
    lower: v.optional(v.nullable(number('Smallest value that goes on')), null),
    upper: v.optional(v.nullable(number('Largest value that goes on')), null),
    n_warmup_steps: warmupSteps,
    interval_steps: intervalSteps,
  }),
  v.description('Ends what leaves a range, or is no number'),
);

const wilcoxon = v.pipe(
  v.strictObject({
    name: v.literal('wilcoxon'),
    p_threshold: v.optional(number('Chance of being wrong at which a trial is ended', 0, 1), 0.1),
    n_startup_steps: v.optional(integer('Folds of a trial before it can be pruned', 0), 2),
  }),
  v.description('Compares a trial with the best one fold by fold: a signed-rank test'),
);

const unwrapped = [none, median, percentile, successiveHalving, hyperband, threshold, wilcoxon] as const;

const patient = v.pipe(
  v.strictObject({
    name: v.literal('patient'),
    patience: v.optional(integer('Steps without improvement before the pruner inside is asked', 0), 3),
    min_delta: v.optional(number('Smallest change that counts as improvement', 0), 0),
    pruner: v.optional(v.pipe(v.variant('name', [...unwrapped]), v.description('Pruner that is asked then')), {
      name: 'median',
    }),
  }),
  v.description('Asks another pruner only once a trial no longer improves; none: ends it then'),
);

/** Settings of every pruner. */
export const pruners = v.variant('name', [...unwrapped, patient]);

/** Settings of a pruner, all defaults filled in. */
export type PrunerConfig = v.InferOutput<typeof pruners>;
