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
  /**
   * Where examples come from elsewhere: begins to fetch some. `ahead`: they are wanted later, and nothing is begun (null)
   * while as many wait as may.
   */
  fetch?(indices: ArrayLike<number>, ahead: boolean): Fetching | null;
}

/** Examples on their way. */
export interface Fetching {
  /** The batch, as soon as it is there. Called once. Rejects with LatheError of kind `group` where it cannot be had. */
  take(): Promise<Batch>;
  /** It is not wanted any more, even if somebody waits for it. */
  drop(): void;
}

/** A dataset made ready for a run. */
export interface PreparedData extends ExampleSource {
  preprocessing: Preprocessing;
  /** Indices of each split, ascending. */
  splits: { train: Uint32Array; validation: Uint32Array; test: Uint32Array };
  /** Classification: training examples of each class. */
  class_counts: number[] | null;
  notices: Notice[];
  /** Where the data is with others, who send the examples: whoever asks will not wait much longer than it takes to send them. */
  hurry?(): void;
}

/** Examples to predict with a trained model's preprocessing. */
export interface PredictionData extends ExampleSource {
  /** A name for each example: file name, row number, or place in the text. */
  names: string[];
  /** Whether (some) examples carry a label or target, so that metrics can be computed. */
  labelled: boolean;
  notices: Notice[];
}
