/**
 * What an optimizer is to the engine: a rule that maps one weight, its gradient and its state to new ones, the same for
 * every element. It is written twice: as tfjs ops over flat vectors, which run everywhere and are the reference, and as
 * WGSL for four elements, which WebGPU runs for all parameters in one dispatch.
 */
import type { tf } from './tf';

/** Names of the values that change from step to step, and their values. */
export type Scalars = Readonly<Record<string, number>>;

/** Flat vectors, all of one length. */
export interface UpdateState {
  weight: tf.Tensor1D;
  /** One vector a slot, in the order of `slots`. */
  slots: tf.Tensor1D[];
}

/** An elementwise update. */
export interface UpdateRule {
  /** Names of the state kept for each weight; all start at 0. */
  readonly slots: readonly string[];
  /** Names of the scalars, in a fixed order. */
  readonly scalars: readonly string[];
  /** The update in tfjs ops. Called inside a tidy. */
  update(state: UpdateState, gradient: tf.Tensor1D, scalars: Scalars): UpdateState;
  /**
   * The same for four elements: statements over `w`, `g` and the slots by name (`vec4<f32>`, `w` and slots mutable) and
   * the scalars (f32). Peers that train together compile them for the CPU, so they keep to the part of WGSL that
   * `peers/replica/rule-syntax.ts` names.
   */
  readonly wgsl: string;
}
