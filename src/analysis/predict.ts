/** Predictions: examples through a model, its outputs turned back into labels and values of the target's own unit. */
import { ClassificationMetrics, argMax, logSumExp } from '../training/metrics/classification';
import { LanguageModelMetrics } from '../training/metrics/language-model';
import { RegressionMetrics } from '../training/metrics/regression';
import { describeIo } from '../data/features/io';
import type { MetricAccumulator } from '../training/metrics/accumulator';
import type { ExampleSource, PredictionData } from '../data/contract';
import type { Preprocessing } from '../store/schema';
import type { LoadedModel } from './loaded-model';
import type { Prediction, PredictionResult } from './prediction';

/** What `predict` needs of a model on the device. */
export type BatchModel = Pick<LoadedModel, 'preprocessing' | 'batch_size' | 'outputs'>;

/** What `predict` needs of examples. */
export type NamedExamples = ExampleSource & Pick<PredictionData, 'names' | 'labelled' | 'notices'>;

/**
 * Predicts examples, batch after batch, and scores them where the data has labels. All classes weigh the same in the loss,
 * whatever `training.class_weights` says.
 * @param indices which examples, in this order; all by default.
 * @throws LatheError of kind `data` where an example cannot be decoded.
 */
export async function predict(
  model: BatchModel,
  data: NamedExamples,
  indices: ArrayLike<number> = { length: data.examples },
): Promise<PredictionResult> {
  const { preprocessing, batch_size } = model;
  const chosen = Uint32Array.from({ length: indices.length }, (_, i) => indices[i] ?? i);
  const metrics = accumulator(preprocessing);
  const describe = DESCRIBE[preprocessing.task];
  const predictions: Prediction[] = [];
  for (let start = 0; start < chosen.length; start += batch_size) {
    const batch = chosen.subarray(start, start + batch_size);
    const { inputs, targets, n } = await data.batch(batch);
    const outputs = await model.outputs(inputs, n);
    metrics.add(outputs, targets);
    const width = outputs.length / n;
    for (let i = 0; i < n; i++) {
      const row = outputs.subarray(i * width, (i + 1) * width);
      const target = targets.subarray((i * targets.length) / n, ((i + 1) * targets.length) / n);
      predictions.push({ name: data.names[batch[i]], ...describe(preprocessing, row, target) });
    }
  }
  const scores = data.labelled ? metrics.result() : {};
  const scored = Object.keys(scores).length > 0;
  return {
    n: predictions.length,
    predictions,
    metrics: scored ? scores : null,
    confusion: scored ? metrics.confusion() : null,
    notices: data.notices,
  };
}

function accumulator(preprocessing: Preprocessing): MetricAccumulator {
  const { task, classes, target, target_scale } = preprocessing;
  if (task === 'language_model') return new LanguageModelMetrics(describeIo(preprocessing).outputs);
  if (classes) return new ClassificationMetrics(classes);
  return new RegressionMetrics(target_scale?.std ?? target.map(() => 1));
}

type Row = Float32Array | Int32Array;

/** @param logits one per class; `target` is one class index, -1 where unlabelled. */
function describeClass({ classes }: Preprocessing, logits: Float32Array, target: Row): Omit<Prediction, 'name'> {
  const labels = classes ?? [];
  const total = logSumExp(logits);
  const actual = labels[target[0]];
  return {
    label: labels[argMax(logits)],
    probabilities: Object.fromEntries(labels.map((label, i) => [label, Math.exp(logits[i] - total)])),
    ...(actual === undefined ? {} : { actual }),
  };
}

/** @param outputs one standardised value per target; `target` likewise, NaN where unlabelled. */
function describeValues(
  { target: names, target_scale }: Preprocessing,
  outputs: Float32Array,
  target: Row,
): Omit<Prediction, 'name'> {
  const unscale = (value: number, i: number): number =>
    target_scale ? value * target_scale.std[i] + target_scale.mean[i] : value;
  const known = names.flatMap((name, i): [string, number][] =>
    i < target.length && !Number.isNaN(target[i]) ? [[name, unscale(target[i], i)]] : [],
  );
  return {
    values: Object.fromEntries(names.map((name, i) => [name, unscale(outputs[i], i)])),
    ...(known.length > 0 ? { actual: Object.fromEntries(known) } : {}),
  };
}

/** Characters whose probability is told. */
const LIKELIEST = 10;

/**
 * What comes after the last character of a window.
 * @param logits `[context, tokens]`; `target` has the token after each place, -1 past the end of the text.
 */
function describeNext({ inputs }: Preprocessing, logits: Float32Array, target: Row): Omit<Prediction, 'name'> {
  const vocabulary = inputs.kind === 'text' ? inputs.vocabulary : [];
  const outputs = vocabulary.length + 1;
  const last = Math.max(
    0,
    target.findLastIndex((token) => token >= 0),
  );
  const row = logits.subarray(last * outputs, (last + 1) * outputs);
  const total = logSumExp(row);
  // Token 0 is no character: what comes is one that the model knows.
  const ranked = Array.from(vocabulary, (character, i) => ({ character, logit: row[i + 1] }));
  const likeliest = ranked.sort((a, b) => b.logit - a.logit).slice(0, LIKELIEST);
  const actual = vocabulary[target[last] - 1];
  return {
    label: likeliest[0].character,
    probabilities: Object.fromEntries(likeliest.map(({ character, logit }) => [character, Math.exp(logit - total)])),
    ...(actual === undefined ? {} : { actual }),
  };
}

const DESCRIBE = { classification: describeClass, regression: describeValues, language_model: describeNext };
