/**
 * Parameters, gradients and optimizer state in flat vectors, whatever the number of layers: clipping, the update, a
 * checkpoint are each one operation on the whole.
 */
import type { Backend } from './backend';
import { BufferArena } from './arena-buffers';
import { TensorArena } from './arena-tensors';
import type { tf } from './tf';
import type { Scalars, UpdateRule } from './update-rule';

/** The trainable parameters of one model and what belongs to them. */
export interface Arena {
  /** Number of parameters. */
  readonly length: number;
  /** Adds gradients, one a variable and in their order, to those of the step. The caller disposes them. */
  accumulate(gradients: tf.Tensor[]): void;
  /**
   * Clips the accumulated gradient to the global norm `clip`, updates weights and slots by the rule, hands the weights to
   * the variables and forgets the gradient.
   * @returns The norm before clipping, read back without waiting for the queue.
   */
  apply(scalars: Scalars, clip: number | null): Promise<number>;
  /** Copies of the weights and of each slot as they are at this point of the queue. */
  snapshot(): Promise<{ weights: Float32Array; slots: Float32Array[] }>;
  /** Sets the slots. */
  loadSlots(slots: Float32Array[]): void;
  /** Takes the weights up from the variables, after they were set from outside. */
  refresh(): void;
  dispose(): void;
}

/** The arena of `variables` on `backend`. */
export function createArena(backend: Backend, variables: tf.Variable[], rule: UpdateRule): Arena {
  return backend.webgpu ? new BufferArena(backend.webgpu, variables, rule) : new TensorArena(variables, rule);
}
