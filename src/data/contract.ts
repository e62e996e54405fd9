/**
 * What the data layer hands to training and prediction: examples as numbers, by index, batch by batch. No file format
 * and no column is visible past this point.
 */
import type { Notice, Preprocessing } from '../store/schema';

/** One batch on the CPU. */
export interface Batch {
  n: number;
  /** `[n, ...input_shape] float32`; of a text the numbers of its tokens. */
  inputs: Float32Array;
  /** Classification: `[n] int32` class indices (-1: unknown or unlabelled). Regression: `[n, targets] float32`, standardised (NaN: unlabelled). Language model: `[n, context] int32`, the token after each (-1: counts for nothing). */
  targets: Int32Array | Float32Array;
}

/** Examples that can be batched by index. */
export interface ExampleSource {
  examples: number;
  /** Throws LatheError of kind `data` where an example cannot be decoded. */
  batch(indices: ArrayLike<number>): Promise<Batch> | Batch;
}

/** A dataset made ready for a run. */
export interface PreparedData extends ExampleSource {
  preprocessing: Preprocessing;
  /** Indices of each split, ascending. */
  splits: { train: Uint32Array; validation: Uint32Array; test: Uint32Array };
  /** Classification: training examples of each class. */
  class_counts: number[] | null;
  notices: Notice[];
}

/** Examples to predict with a trained model's preprocessing. */
export interface PredictionData extends ExampleSource {
  /** A name for each example: file name, row number, or place in the text. */
  names: string[];
  /** Whether (some) examples carry a label or target, so that metrics can be computed. */
  labelled: boolean;
  notices: Notice[];
}
