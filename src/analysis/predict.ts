/** Predictions: examples through a model, its outputs turned back into labels and values of the target's own unit. */
import { ClassificationMetrics, argMax, logSumExp } from '../training/metrics/classification';
import { RegressionMetrics } from '../training/metrics/regression';
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
  const describe = preprocessing.classes ? describeClass : describeValues;
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

function accumulator({ classes, target, target_scale }: Preprocessing): MetricAccumulator {
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
