/** Loss, perplexity and accuracy of a language model, over every token that is asked for. */
import { LatheError } from '../../base/errors';
import type { Metrics } from '../../store/schema';
import type { MetricAccumulator } from './accumulator';
import { argMax, logSumExp } from './classification';

/**
 * Accumulates over logits `[tokens, vocabulary]` and the tokens that came `[tokens]` (-1: counts for nothing). The loss is
 * the mean cross-entropy in nats, the perplexity its exponential: as many equally likely tokens would be as hard to guess.
 */
export class LanguageModelMetrics implements MetricAccumulator {
  readonly #vocabulary: number;
  #loss = 0;
  #correct = 0;
  #count = 0;

  /** @param vocabulary Number of tokens. */
  constructor(vocabulary: number) {
    this.#vocabulary = vocabulary;
  }

  add(logits: Float32Array, targets: Int32Array | Float32Array): number {
    const width = this.#vocabulary;
    let loss = 0;
    let count = 0;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i];
      if (target < 0) continue;
      const row = logits.subarray(i * width, (i + 1) * width);
      loss += logSumExp(row) - row[target];
      count++;
      if (argMax(row) === target) this.#correct++;
    }
    this.#loss += loss;
    this.#count += count;
    return count > 0 ? loss / count : 0;
  }

  result(): Metrics {
    if (this.#count === 0) return {};
    const loss = this.#loss / this.#count;
    return { loss, perplexity: Math.exp(loss), accuracy: this.#correct / this.#count };
  }

  confusion(): null {
    return null;
  }

  reset(): void {
    this.restore([0, 0, 0]);
  }

  save(): number[] {
    return [this.#loss, this.#correct, this.#count];
  }

  restore(state: number[]): void {
    [this.#loss, this.#correct, this.#count] = [0, 0, 0];
    this.merge(state);
  }

  merge(state: number[]): void {
    if (state.length !== 3) throw new LatheError('storage', 'The saved metrics of the epoch are of another task.');
    const [loss, correct, count] = state;
    this.#loss += loss;
    this.#correct += correct;
    this.#count += count;
  }
}
