/** The run of a trial as the browser that trained it tells it: checked whole before anything of it is used. */
import * as v from 'valibot';
import { figure } from './exact-json';
import { blobSize, checkpointManifest } from './lobby-messages';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(10_000));
const texts = v.pipe(v.array(text), v.maxLength(100_000));
const metrics = v.record(v.pipe(v.string(), v.maxLength(200)), figure);

const notice = v.object({ level: v.picklist(['info', 'warning']), message: text });

const confusion = v.nullable(v.object({ labels: texts, matrix: v.array(v.array(count)) }));

const scaled = { name: text, mean: v.number(), std: v.number(), missing_indicator: v.boolean() };

const preprocessing = v.object({
  version: v.literal(1),
  task: v.picklist(['classification', 'regression', 'language_model']),
  input_shape: v.array(count),
  inputs: v.variant('kind', [
    v.object({
      kind: v.literal('table'),
      columns: v.array(
        v.variant('role', [
          v.object({ ...scaled, role: v.literal('number') }),
          v.object({ ...scaled, role: v.literal('date'), day_first: v.boolean() }),
          v.object({ name: text, role: v.literal('category'), values: texts }),
        ]),
      ),
      decimal_comma: v.boolean(),
    }),
    v.object({ kind: v.literal('images'), mean: v.array(v.number()), std: v.array(v.number()) }),
    v.object({ kind: v.literal('text'), vocabulary: texts }),
  ]),
  target: texts,
  classes: v.nullable(texts),
  target_scale: v.nullable(v.object({ mean: v.array(v.number()), std: v.array(v.number()) })),
});

const model = v.object({
  architecture: text,
  input_shape: v.array(count),
  outputs: count,
  layers: v.array(v.object({ name: text, type: text, output_shape: v.array(count), parameters: count })),
  parameters: count,
  trainable_parameters: count,
  training_bytes: amount,
});

/** What a row says of how its run went: the rest of it is the host's own. */
const course = v.object({
  /** A run that has ended: one that has not is not told. */
  status: v.picklist(['finished', 'stopped', 'pruned', 'cancelled', 'diverged', 'failed']),
  reason: v.nullable(text),
  backend: v.nullable(
    v.object({
      backend: v.picklist(['webgpu', 'webgl', 'cpu']),
      adapter: text,
      software: v.boolean(),
      reason: text,
    }),
  ),
  model: v.nullable(model),
  preprocessing: v.nullable(preprocessing),
  epoch: count,
  step: count,
  total_steps: v.nullable(count),
  seconds: amount,
  samples_per_second: v.nullable(amount),
  batch_size: v.optional(v.pipe(count, v.minValue(1))),
  latest: metrics,
  best: metrics,
  metrics: v.nullable(v.object({ train: metrics, val: metrics, test: metrics })),
  confusion: v.object({ val: confusion, test: confusion }),
  weights_sha256: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  notices: v.pipe(v.array(notice), v.maxLength(1000)),
});

/** Most lines of its log that are told. */
export const MOST_LOG_LINES = 1000;

/** The run of a trial that has ended. */
export const sentRun = v.object({
  course,
  log: v.pipe(
    v.array(v.object({ at: v.number(), level: v.picklist(['info', 'warning', 'error']), message: text })),
    v.maxLength(MOST_LOG_LINES),
  ),
  /** Its curves: a blob of float64, for each metric in turn its steps, its values and its times. */
  curves: v.object({
    blob: blobSize,
    series: v.pipe(
      v.array(v.object({ metric: v.pipe(v.string(), v.minLength(1), v.maxLength(200)), points: count })),
      v.maxLength(1000),
    ),
  }),
  /** The checkpoint that a trial keeps: of one that is complete the best. */
  checkpoint: v.nullable(checkpointManifest),
});

/** The run of a trial that has ended. */
export type SentRun = v.InferOutput<typeof sentRun>;
