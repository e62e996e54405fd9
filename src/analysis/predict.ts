/** Predictions: examples through a model, its outputs turned back into labels and values of the target's own unit. */
import { ClassificationMetrics } from '../training/metrics/classification';
import { LanguageModelMetrics } from '../training/metrics/language-model';
import { RegressionMetrics } from '../training/metrics/regression';
import { describeIo } from '../data/features/io';
import type { MetricAccumulator } from '../training/metrics/accumulator';
import { describeOutput } from '../training/predicted';
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
      predictions.push({ name: data.names[batch[i]], ...describeOutput(preprocessing, row, target) });
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
