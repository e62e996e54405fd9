/** Points as MLflow's metrics, and which of them are there already. */
import type { Metrics } from '../../../store/schema';
import type { MetricSeries } from '../../../store/metrics';
import type { LogBatch } from './batches';
import type { MlflowRun } from './client';
import { safeName } from './names';

type Metric = LogBatch['metrics'][number];

/** What MLflow stores for an infinity: the largest double of its sign. */
const stored = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));

const same = (a: number, b: number): boolean => Object.is(a + 0, b + 0) || stored(a) === stored(b);

/**
 * A value in JSON. MLflow reads requests as protobuf's JSON, in which NaN and infinities are text (`"NaN"`, `"Infinity"`,
 * `"-Infinity"`); 3.18 keeps NaN as it is, and an infinity as ±1.7976931348623157e308.
 */
const wire = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** All points, step by step: where they are too many for one request, the earlier steps go first. */
export async function metricsOf(points: readonly MetricSeries[]): Promise<Metric[]> {
  const metrics: Metric[] = [];
  for (const { metric, steps, values, times } of points) {
    const key = await safeName(metric);
    for (let i = 0; i < steps.length; i++) {
      metrics.push({ key, value: wire(values[i]), timestamp: Math.round(times[i]), step: steps[i] });
    }
  }
  return metrics.sort((a, b) => a.step - b.step || a.timestamp - b.timestamp);
}

/**
 * Those that are not there yet. Points of a metric are sent in order of steps and times, and a request arrives as a whole or
 * not at all: what is there ends at the last value, which MLflow tells (highest step, then time, then value). At the very
 * same step and time, another value is another point; MLflow's databases keep no point twice, so that sending it is safe.
 */
export function missingMetrics(metrics: readonly Metric[], there: MlflowRun): Metric[] {
  const last = new Map(there.data.metrics.map((metric) => [metric.key, metric]));
  return metrics.filter(({ key, value, step, timestamp }) => {
    const known = last.get(key);
    if (!known || step > known.step) return true;
    if (step < known.step || timestamp < known.timestamp) return false;
    return timestamp > known.timestamp || !same(Number(value), known.value);
  });
}

/** Of a summary what has no curve: best values, those of the best checkpoint by split, counts of trials. */
const OF_RUN = /^(?:best|train|val|test|trials)\//;

/** Values of the summary that differ from those there, to be logged at the newest step. */
export async function summaryMetrics(summary: Metrics, there: MlflowRun, now: number): Promise<Metric[]> {
  const last = new Map(there.data.metrics.map((metric) => [metric.key, metric]));
  const step = there.data.metrics.reduce((most, metric) => Math.max(most, metric.step), 0);
  const metrics: Metric[] = [];
  for (const [name, value] of Object.entries(summary)) {
    if (!OF_RUN.test(name)) continue;
    const key = await safeName(name);
    const known = last.get(key);
    if (known && same(known.value, value)) continue;
    // A clock that was set back must not make the new value look older.
    metrics.push({ key, value: wire(value), timestamp: Math.max(now, (known?.timestamp ?? 0) + 1), step });
  }
  return metrics;
}
