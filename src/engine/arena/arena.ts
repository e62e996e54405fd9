/**
 * Parameters, gradients and optimizer state in flat vectors, whatever the number of layers: norm, clipping, loss scaling,
 * the update, the moving average and a checkpoint are each one operation on the whole.
 */
import type { tf } from '../tf';
import type { BufferRange } from '../webgpu-backend';
import type { Scalars } from '../update-rule';

/** Dynamic loss scaling as PyTorch's `GradScaler` does it. */
export interface LossScaleSettings {
  /** Scale of the first step. */
  initial: number;
  /** Factor after `interval` updates in a row that were finite. */
  growth: number;
  /** Factor after an update that was not. */
  backoff: number;
  interval: number;
}

/** What PyTorch takes by default. */
export const DEFAULT_LOSS_SCALE: LossScaleSettings = { initial: 65536, growth: 2, backoff: 0.5, interval: 2000 };

/** How an arena updates, beside the rule of the optimizer. */
export interface ArenaOptions {
  /** Adds the gradient of `l2 · Σ w²` over variables of two or more axes; 0: none. */
  l2: number;
  /** Decay of the weights' moving average; null: none is kept. */
  ema: number | null;
  lossScale: LossScaleSettings | null;
  /** Whether gradients of several passes are added up before an update. */
  accumulates: boolean;
}

/** Everything of an arena that a checkpoint keeps, variables one after another without gaps. */
export interface ArenaState {
  weights: Float32Array;
  slots: Float32Array[];
  average: Float32Array | null;
  /** Loss scale, updates in a row that were finite, updates left out; empty without loss scaling. */
  scaler: number[];
}

/** What an update did. */
export interface UpdateResult {
  /** Global norm of the gradient before clipping. */
  norm: number;
  /** False: the gradient held NaN or infinity, and nothing was changed. */
  finite: boolean;
  /** Factor that the loss had been multiplied with; 1 without loss scaling. */
  lossScale: number;
}

/** Added to the norm before dividing by it, as PyTorch's `clip_grad_norm_` does. */
export const CLIP_EPSILON = 1e-6;

/** The trainable parameters of one model and what belongs to them. */
export interface Arena {
  /** Number of parameters. */
  readonly length: number;
  /** Where the gradient of each variable is to be written; empty where no kernel of ours computes. */
  readonly places: Map<tf.Tensor, tf.TensorInfo>;
  /** `[1]`, what the loss is to be multiplied with; null without loss scaling. */
  readonly lossScaleTensor: tf.Tensor | null;
  /** On WebGPU, where `[norm, finite, loss scale]` of the last update lies. */
  readonly result: BufferRange | null;
  /** Sets what the next update reads. An upload: not part of a recording. */
  prepare(scalars: Scalars, clip: number | null): void;
  /**
   * Takes the gradients of one pass, one a variable and in their order, which stay the caller's. `first` begins a new
   * sum.
   */
  store(gradients: tf.Tensor[], first: boolean): void;
  /** Clips, updates weights, slots and average by what was stored; leaves them as they are where it is not finite. */
  update(): void;
  /**
   * Where the gradients of variables `from` up to `to` (exclusive) lie on WebGPU, gaps between them included. They stay
   * after `update`, with the penalty and before clipping, until others are stored.
   */
  gradientRange(from: number, to: number): BufferRange | null;
  /** Copies of the gradients that were stored last, of variables `from` up to `to`, one after another without gaps. */
  readGradients(from: number, to: number): Promise<Float32Array<ArrayBuffer>>;
  /** What the last update did, read back without waiting for the queue. */
  readResult(): Promise<UpdateResult>;
  /** Copies of everything at this point of the queue. */
  snapshot(): Promise<ArenaState>;
  /** Sets everything, the variables included. */
  load(state: ArenaState): void;
  /** Makes the variables stand for the moving average, or for the weights again. Without an average: nothing. */
  useAverage(on: boolean): void;
  dispose(): void;
}
