/**
 * Metrics as accumulators over plain arrays in float64: the training epoch, evaluation and prediction share them, and
 * their state can be saved in the middle of an epoch.
 */
import type { ConfusionMatrix, Metrics } from '../../store/schema';

/** Collects batches and says what they amount to. */
export interface MetricAccumulator {
  /**
   * Takes one batch and returns its mean loss (0 when nothing in it is labelled).
   * @param outputs `[n, outputs]`: logits, or standardised values; of a language model `[n · context, outputs]`.
   * @param targets `[n]` class indices, `[n, outputs]` standardised values, or `[n · context]` tokens.
   */
  add(outputs: Float32Array, targets: Int32Array | Float32Array): number;
  /** Metrics over everything added since the start or the last `reset`; empty when nothing was labelled. */
  result(): Metrics;
  confusion(): ConfusionMatrix | null;
  reset(): void;
  /** Everything added, as plain numbers. */
  save(): number[];
  /** Takes up what `save` gave. @throws LatheError of kind `storage` when it has another length. */
  restore(state: number[]): void;
  /** Adds what another accumulator, of the same task, gave by `save`. @throws as `restore` does. */
  merge(state: number[]): void;
}
