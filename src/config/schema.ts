/**
 * The run config: one document that describes a run completely. It is validated here, shown as a form (`form.ts`), read
 * and written as YAML (`yaml.ts`), saved with the run and compared between runs (`diff.ts`). Keys are snake_case.
 */
import * as v from 'valibot';
import { architectures } from './architectures/registry';
import { choice, flag, integer, integerOr, number, positive, text } from './field';
import { logging, registry } from './logging';
import { optimizers } from './optimizers';
import { schedules } from './schedules';
import { search } from './search/search';

/** What a column of a table is for. */
export const COLUMN_ROLES = ['number', 'category', 'text', 'date', 'image', 'label', 'ignore'] as const;

/** Role of a column. `label` is the column to be predicted. */
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** What a model is asked to do. */
export const TASKS = ['classification', 'regression', 'language_model'] as const;

/** Task of a run. */
export type Task = (typeof TASKS)[number];

const split = v.strictObject({
  validation: v.optional(number('Share of the examples held back to choose the best checkpoint', 0, 0.9), 0.1),
  test: v.optional(number('Share of the examples held back for the final score', 0, 0.9), 0.1),
  stratify: v.optional(flag('Keeps the class balance in every split'), true),
  fold: v.optional(
    v.nullable(
      v.pipe(
        v.strictObject({
          index: v.optional(integer('Fold that is held back for validation, from 0', 0, 99), 0),
          of: v.optional(integer('Number of folds', 2, 100), 5),
        }),
        v.check(({ index, of }) => index < of, 'an index below the number of folds'),
        v.description('Validates on one of several folds of what is not the test split, whatever the share says'),
      ),
    ),
    null,
  ),
});

const data = v.strictObject({
  dataset: v.optional(v.nullable(text('A dataset’s name in the workbench')), null),
  target: v.optional(
    v.nullable(
      v.pipe(
        v.union([v.string(), v.pipe(v.array(v.string()), v.minLength(1))]),
        v.description('Column, or columns, to predict; null: the label column, folder names or label files'),
      ),
    ),
    null,
  ),
  columns: v.optional(
    v.pipe(v.record(v.string(), v.picklist(COLUMN_ROLES)), v.description('Role by column, where the guess is wrong')),
    {},
  ),
  task: v.optional(v.nullable(choice('What to predict; null: decided by the target', TASKS)), null),
  split: v.optional(split, {}),
  image_size: v.optional(
    v.nullable(integer('Side that images are scaled to, in pixels; null: their own size, at most 64', 4, 1024)),
    null,
  ),
  features: v.optional(v.pipe(v.array(v.never()), v.description('Feature steps; none exist yet')), []),
  augment: v.optional(v.pipe(v.array(v.never()), v.description('Augmentation steps; none exist yet')), []),
  limit: v.optional(
    v.nullable(integer('Use at most so many training and validation examples (seeded, stratified)', 1)),
    null,
  ),
});

const training = v.strictObject({
  epochs: v.optional(integer('Passes over the training split', 1, 1_000_000), 10),
  max_steps: v.optional(v.nullable(integer('Ends the run after so many steps', 1)), null),
  batch_size: v.optional(
    integerOr('Examples a step; auto: the largest power of two that fits the device', 'auto', 1, 1_048_576),
    64,
  ),
  gradient_accumulation: v.optional(integer('Batches whose gradients are averaged before one update', 1, 4096), 1),
  precision: v.optional(choice('Number format of the computation', ['float32', 'mixed_float16'] as const), 'float32'),
  loss: v.optional(
    choice(
      'What is minimised; auto: cross-entropy for classes, mse (squared error) for numbers; huber forgives outliers',
      ['auto', 'mse', 'huber'] as const,
    ),
    'auto',
  ),
  huber_delta: v.optional(positive('Error from which huber grows in a line, in standard deviations of the target'), 1),
  optimizer: v.optional(optimizers, { name: 'adamw' }),
  schedule: v.optional(schedules, { name: 'cosine' }),
  l2: v.optional(number('L2 penalty on the weights, added to the loss', 0, 10), 0),
  class_weights: v.optional(
    v.nullable(
      v.pipe(
        v.union([v.literal('balanced'), v.record(v.string(), positive('Weight of one class'))]),
        v.description('Weight of each class in the loss; balanced: inverse to its frequency'),
      ),
    ),
    null,
  ),
  ema: v.optional(
    v.nullable(number('Decay of a moving average of the weights, which is then evaluated and kept', 0, 0.999999)),
    null,
  ),
  activation_checkpointing: v.optional(
    flag('Recomputes the inside of blocks in the backward pass: less memory, a third more time'),
    false,
  ),
  tune_kernels: v.optional(
    v.nullable(flag('Measures variants of kernels once an adapter and takes the fastest; null: on GPUs')),
    null,
  ),
  gradient_clip: v.optional(
    v.nullable(
      v.pipe(
        v.strictObject({ norm: v.optional(positive('Largest global norm of a gradient'), 1) }),
        v.description('Scales gradients down that are too large; null: leaves them as they are'),
      ),
    ),
    { norm: 1 },
  ),
  early_stopping: v.optional(
    v.nullable(
      v.pipe(
        v.strictObject({
          monitor: v.optional(text('Metric to watch'), 'val_loss'),
          patience: v.optional(integer('Epochs without improvement before the run stops', 1), 10),
          min_delta: v.optional(number('Smallest change that counts as improvement', 0), 1e-4),
        }),
        v.description('Ends a run that no longer improves; null: it trains to the end'),
      ),
    ),
    {},
  ),
  checkpoints: v.optional(
    v.strictObject({
      every_epochs: v.optional(v.nullable(integer('Epochs between two checkpoints', 1)), 1),
      every_steps: v.optional(v.nullable(integer('Steps between two checkpoints', 1)), null),
      every_minutes: v.optional(v.nullable(positive('Minutes between two checkpoints')), 2),
      monitor: v.optional(text('Metric that decides which checkpoint is best'), 'val_loss'),
      keep_top_k: v.optional(integer('Best checkpoints that are kept, beside the latest', 1, 1000), 3),
    }),
    {},
  ),
  distributed: v.optional(
    v.strictObject({
      enabled: v.optional(flag('Trains together with other browsers'), false),
      backend: v.optional(choice('Transport', ['webrtc'] as const), 'webrtc'),
      world_size: v.optional(integer('Browsers awaited before the first step', 1, 64), 1),
      wait_minutes: v.optional(positive('Minutes to wait for them before the run is paused'), 10),
      micro_batches: v.optional(integer('Parts of a batch that are dealt out', 1, 1024), 8),
      room: v.optional(v.nullable(text('Room to meet in: its link; null: a new one')), null),
      data: v.optional(
        choice(
          'How others get the data; local: everyone has it, or copies it once; streamed: the host sends each batch',
          ['local', 'streamed'] as const,
        ),
        'local',
      ),
      compression: v.optional(
        choice('Number format of gradients on the way; auto: by a measurement of the links', [
          'auto',
          'float32',
          'float16',
          'int8',
          'powersgd',
        ] as const),
        'auto',
      ),
      powersgd_rank: v.optional(integer('Rank of PowerSGD', 1, 64), 4),
      local_steps: v.optional(
        v.nullable(
          integer('Steps that each peer takes by itself between two averages (DiLoCo); null: none', 2, 10_000),
        ),
        null,
      ),
      bucket_mb: v.optional(positive('Megabytes of gradients that are sent together', 64), 1),
      checkpoints: v.optional(
        choice(
          'Who writes checkpoints; all: every peer; one: the coordinator; sharded: each peer its share, every part at two of them',
          ['all', 'one', 'sharded'] as const,
        ),
        'all',
      ),
    }),
    {},
  ),
});

const optimization = v.strictObject({ hyperparameter_search: v.optional(search, {}) });

/** The whole run config. */
export const runConfigSchema = v.strictObject({
  version: v.optional(v.literal(1), 1),
  name: v.optional(v.nullable(text('Name of the run; null: made from the dataset and the architecture')), null),
  data: v.optional(data, {}),
  model: v.optional(architectures, { architecture: 'mlp' }),
  training: v.optional(training, {}),
  optimization: v.optional(optimization, {}),
  logging: v.optional(logging, {}),
  registry: v.optional(registry, {}),
  reproducibility: v.optional(
    v.strictObject({
      seed: v.optional(integer('Seed of split, shuffling, initial weights and dropout', 0, 0xffff_ffff), 42),
      deterministic: v.optional(flag('Same config, data and seed give the same bits'), true),
    }),
    {},
  ),
  profiling: v.optional(
    v.strictObject({
      enabled: v.optional(flag('Measures a few steps: the time of every kernel, and what holds training up'), false),
      first_step: v.optional(integer('First step whose kernels are timed; earlier where the run is too short', 3), 10),
      steps: v.optional(integer('Steps that are timed, and as many before them for comparison', 1, 100), 20),
    }),
    {},
  ),
});

/** A run config with all defaults filled in. */
export type RunConfig = v.InferOutput<typeof runConfigSchema>;

/** A run config in which nothing is left to the device any more. */
export type ResolvedConfig = RunConfig & { training: { batch_size: number } };

/** A run config as a user writes it: any key may be left out. */
export type RunConfigInput = v.InferInput<typeof runConfigSchema>;
