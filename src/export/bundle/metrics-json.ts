/** `metrics.json`: the scores of the exported checkpoint on every split, and its confusion matrices. */
import * as v from 'valibot';
import type { Metrics } from '../../store/schema';
import type { BundleContent } from './content';

const metrics = v.record(v.string(), v.number());

const confusion = v.nullable(
  v.object({ labels: v.array(v.string()), matrix: v.array(v.array(v.pipe(v.number(), v.integer(), v.minValue(0)))) }),
);

/** What `metrics.json` holds. Scores are null where the run had none yet. */
export const metricsFileSchema = v.object({
  version: v.literal(1),
  checkpoint: v.object({ step: v.number(), epoch: v.number() }),
  train: v.nullable(metrics),
  val: v.nullable(metrics),
  test: v.nullable(metrics),
  confusion: v.object({ val: confusion, test: confusion }),
});

/** What `metrics.json` holds. */
export type MetricsFile = v.InferOutput<typeof metricsFileSchema>;

/** The content of `metrics.json`. */
export function metricsFile(content: BundleContent): MetricsFile {
  const split = (name: 'train' | 'val' | 'test'): Metrics | null =>
    content.metrics ? finite(content.metrics[name]) : null;
  return {
    version: 1,
    checkpoint: content.checkpoint,
    train: split('train'),
    val: split('val'),
    test: split('test'),
    confusion: content.confusion,
  };
}

/** JSON has no NaN: a score that is not defined (R² of a single example) is left out. */
const finite = (values: Metrics): Metrics =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
