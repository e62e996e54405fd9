/** What a Gaussian process is told of trials: one number each, the less the better. */
import type { Direction } from '../../../config/search/search';
import type { RandomStream } from '../../../base/random';
import type { TrialRow } from '../../../store/study';
import { isFinished, lossesOf } from '../order';

/** A trial and its loss. */
export interface Outcome {
  trial: TrialRow;
  loss: number;
  /** Whether it is complete and meets its constraints: something to improve on. */
  counts: boolean;
}

/**
 * Losses that are further above the median than so many times its distance to the best are cut off there: beside a few huge
 * ones all others would look the same. On Rosenbrock's valley that makes the best value of 60 trials six times better.
 */
const FAR_OUT = 3;

/**
 * Finished trials with one loss each. Several objectives are weighed anew for every suggestion, so that in time the whole front
 * is looked for (Knowles 2006, “ParEGO”). What failed or violates constraints is as bad as the worst; what was pruned as its
 * last value says, but no better than the median, for its value would have changed.
 */
export function outcomesOf(
  trials: readonly TrialRow[],
  directions: readonly Direction[],
  random: RandomStream,
): Outcome[] {
  const finished = trials.filter(isFinished);
  const known = finished.map((trial) => (trial.violation > 0 ? null : lossesOf(trial, directions)));
  const single = scalarise(known, directions.length, random);
  const sorted = single.filter((loss) => loss !== null && Number.isFinite(loss)).sort((a, b) => Number(a) - Number(b));
  const [best, middle, worst] = [0, sorted.length >> 1, sorted.length - 1].map((i) => sorted.at(i) ?? 0);
  const top = middle > best ? Math.min(worst, middle + FAR_OUT * (middle - best)) : worst;
  return finished.map((trial, i) => {
    const own = single[i];
    if (own !== null) return { trial, loss: clip(own, best, top), counts: true };
    const last = trial.state === 'pruned' && directions.length === 1 ? trial.values?.at(-1) : undefined;
    const seen = last === undefined ? top : directions[0] === 'maximize' ? -last : last;
    return { trial, loss: clip(seen, middle, top), counts: false };
  });
}

/** The augmented Tchebycheff norm of the losses, as shares of their ranges, with random weights. */
function scalarise(known: readonly (number[] | null)[], objectives: number, random: RandomStream): (number | null)[] {
  if (objectives === 1) return known.map((own) => own?.[0] ?? null);
  const raw = Array.from({ length: objectives }, () => -Math.log(1 - random.uniform()));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const ranges = raw.map((_, objective) => {
    const finite = known.flatMap((own) => own?.[objective] ?? []).filter(Number.isFinite);
    return [Math.min(...finite), Math.max(...finite)];
  });
  return known.map((own) => {
    if (!own) return null;
    const shares = own.map((loss, i) => {
      const [low, high] = ranges[i];
      return high > low ? ((raw[i] / total) * (clip(loss, low, high) - low)) / (high - low) : 0;
    });
    return Math.max(...shares) + 0.05 * shares.reduce((sum, share) => sum + share, 0);
  });
}

/** NaN becomes the highest. */
const clip = (value: number, low: number, high: number): number => (value < low ? low : value <= high ? value : high);

/** Values brought to mean 0 and variance 1. */
export function standardised(values: readonly number[]): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const deviation = Math.max(Math.sqrt(variance), 1e-10);
  return Float64Array.from(values, (value) => (value - mean) / deviation);
}
