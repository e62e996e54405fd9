/** Loss, accuracy, macro F1 and the confusion matrix of a classifier. */
import { LatheError } from '../../base/errors';
import type { ConfusionMatrix, Metrics } from '../../store/schema';
import type { MetricAccumulator } from './accumulator';

/** Accumulates over logits `[n, classes]` and class indices `[n]` (-1: unlabelled, counts for nothing). */
export class ClassificationMetrics implements MetricAccumulator {
  readonly #labels: string[];
  readonly #weights: Float64Array | null;
  #loss = 0;
  #weight = 0;
  /** `[true class * classes + predicted class]`. */
  readonly #counts: Float64Array;

  /** @param weights Weight of each class in the loss, as in training; accuracy and F1 do not know them. */
  constructor(labels: string[], weights: Float64Array | null = null) {
    this.#labels = labels;
    this.#weights = weights;
    this.#counts = new Float64Array(labels.length ** 2);
  }

  add(logits: Float32Array, targets: Int32Array | Float32Array): number {
    const classes = this.#labels.length;
    let loss = 0;
    let weight = 0;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i];
      if (target < 0) continue;
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const w = this.#weights?.[target] ?? 1;
      loss += w * (logSumExp(row) - row[target]);
      weight += w;
      this.#counts[target * classes + argMax(row)]++;
    }
    this.#loss += loss;
    this.#weight += weight;
    return weight > 0 ? loss / weight : 0;
  }

  result(): Metrics {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return {};
    return { loss: this.#loss / this.#weight, accuracy: this.#trace() / total, f1: this.#macroF1() };
  }

  confusion(): ConfusionMatrix {
    const classes = this.#labels.length;
    return {
      labels: this.#labels,
      matrix: this.#labels.map((_, i) => [...this.#counts.subarray(i * classes, (i + 1) * classes)]),
    };
  }

  reset(): void {
    this.#loss = 0;
    this.#weight = 0;
    this.#counts.fill(0);
  }

  save(): number[] {
    // Most cells of a large matrix are empty: cells that are not follow as pairs of place and count.
    const cells = [...this.#counts.entries()].filter(([, count]) => count > 0);
    return [this.#loss, this.#weight, this.#counts.length, ...cells.flat()];
  }

  restore(state: number[]): void {
    this.reset();
    this.merge(state);
  }

  merge(state: number[]): void {
    const [loss, weight, length, ...cells] = state;
    if (length !== this.#counts.length) {
      throw new LatheError('storage', 'The saved metrics of the epoch are of another number of classes.');
    }
    this.#loss += loss;
    this.#weight += weight;
    for (let i = 0; i < cells.length; i += 2) this.#counts[cells[i]] += cells[i + 1];
  }

  #trace(): number {
    const classes = this.#labels.length;
    let sum = 0;
    for (let i = 0; i < classes; i++) sum += this.#counts[i * classes + i];
    return sum;
  }

  /** Unweighted mean of the classes' F1 scores, over classes that occur or were predicted. */
  #macroF1(): number {
    const classes = this.#labels.length;
    const actual = new Float64Array(classes);
    const predicted = new Float64Array(classes);
    this.#counts.forEach((count, at) => {
      actual[Math.floor(at / classes)] += count;
      predicted[at % classes] += count;
    });
    let sum = 0;
    let seen = 0;
    for (let i = 0; i < classes; i++) {
      if (actual[i] + predicted[i] === 0) continue;
      seen++;
      sum += (2 * this.#counts[i * classes + i]) / (actual[i] + predicted[i]);
    }
    return sum / seen;
  }
}

/** Index of the largest value, the first of equals; NaN is never the largest. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best] || Number.isNaN(values[best])) best = i;
  return best;
}

/** `log Σ exp`, without overflow. NaN when a value is NaN. */
export function logSumExp(values: ArrayLike<number>): number {
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) return NaN;
    max = Math.max(max, values[i]);
  }
  if (!Number.isFinite(max)) return max;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - max);
  return max + Math.log(sum);
}
