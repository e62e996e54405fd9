/** What versions of a registered model are compared by. */
import type { ModelVersion } from '../../../../store/registry';
import { formatMetric, metricInfo, metricTitle, splitMetric } from '../../../metrics';

/** More columns are no overview. */
const SHOWN = 3;

/** By what a version is judged at a glance, the most telling first: measured on the test data, where that was done. */
const TELLING = ['accuracy', 'perplexity', 'r2', 'f1', 'rmse', 'mae', 'loss'];

/** The name of a metric as runs of this browser have it: `test/accuracy` there is `test_accuracy` here. */
const localName = (metric: string): string => metric.replace(/^best\//, '').replace('/', '_');

/** `best/val_loss` → `Best val loss` */
export function remoteTitle(metric: string): string {
  const plain = metricTitle(localName(metric));
  const title = `${plain[0].toUpperCase()}${plain.slice(1)}`;
  return metric.startsWith('best/') ? `Best ${title[0].toLowerCase()}${title.slice(1)}` : title;
}

/** A value with its unit. */
export const formatRemote = (metric: string, value: number | undefined): string =>
  formatMetric(localName(metric), value);

/**
 * Metrics of a version, without those of the machine that trained it, and without a run's last values (`val_loss`) where those
 * of the model itself (`val/loss`) are known.
 */
const judging = ({ metrics }: ModelVersion): string[] =>
  Object.keys(metrics).filter((metric) => {
    const ofModel = metric.replace('_', '/');
    return !metric.startsWith('system/') && (ofModel === metric || !(ofModel in metrics));
  });

/** The metrics that a list of versions shows: of unseen data, the most telling first. */
export function headlines(versions: readonly ModelVersion[]): string[] {
  const rank = (metric: string): number => {
    const { split, base } = splitMetric(localName(metric));
    const place = TELLING.indexOf(base);
    if (place < 0 || (split !== 'test' && split !== 'val')) return Infinity;
    return place + (split === 'test' ? 0 : TELLING.length);
  };
  return [...new Set(versions.flatMap(judging))]
    .filter((metric) => !metric.startsWith('best/') && rank(metric) < Infinity)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, SHOWN);
}

/** One line of a comparison. */
export interface Difference {
  key: string;
  values: [string | undefined, string | undefined];
}

/** Params in which two versions differ, by key. */
export function differingParams(a: ModelVersion, b: ModelVersion): Difference[] {
  return [...new Set([...Object.keys(a.params), ...Object.keys(b.params)])]
    .filter((key) => a.params[key] !== b.params[key])
    .sort()
    .map((key) => ({ key, values: [a.params[key], b.params[key]] }));
}

/** The data that two versions were trained on, where it is known to differ: by name, and by content where the names are the same. */
export function differingData(a: ModelVersion, b: ModelVersion): [string, string] | null {
  if (!a.dataset || !b.dataset || a.dataset.hash === b.dataset.hash) return null;
  const same = a.dataset.name === b.dataset.name;
  const words = ({ name, hash }: NonNullable<ModelVersion['dataset']>): string =>
    same || name === '' ? `${name} ${hash.slice(0, 8)}`.trim() : name;
  return [words(a.dataset), words(b.dataset)];
}

/** Metrics in which they differ, by name; `better`: the index of the better one, null where neither can be told. */
export function differingMetrics(
  a: ModelVersion,
  b: ModelVersion,
): { metric: string; values: [number | undefined, number | undefined]; better: 0 | 1 | null }[] {
  return [...new Set([...judging(a), ...judging(b)])]
    .filter((metric) => !Object.is(a.metrics[metric], b.metrics[metric]))
    .sort()
    .map((metric) => {
      const values: [number | undefined, number | undefined] = [a.metrics[metric], b.metrics[metric]];
      const { better } = metricInfo(localName(metric));
      const [first, second] = values;
      const comparable = better !== null && Number.isFinite(first) && Number.isFinite(second);
      const firstIsLower = (first ?? NaN) < (second ?? NaN);
      return { metric, values, better: comparable ? (firstIsLower === (better === 'lower') ? 0 : 1) : null };
    });
}
