/** The arena in stock tfjs ops: runs on every backend, and is what the WebGPU arena is held against. */
import type { Arena } from './arena';
import { tf } from './tf';
import type { Scalars, UpdateRule } from './update-rule';

/** Added to the norm before dividing by it, as PyTorch's `clip_grad_norm_` does. */
export const CLIP_EPSILON = 1e-6;

/** An arena of tensors. */
export class TensorArena implements Arena {
  readonly length: number;
  readonly #variables: tf.Variable[];
  readonly #rule: UpdateRule;
  #weight: tf.Tensor1D;
  #slots: tf.Tensor1D[];
  #gradient: tf.Tensor1D | null = null;

  constructor(variables: tf.Variable[], rule: UpdateRule) {
    this.#variables = variables;
    this.#rule = rule;
    this.length = variables.reduce((sum, variable) => sum + variable.size, 0);
    this.#weight = flatten(variables);
    this.#slots = rule.slots.map(() => tf.zeros([this.length]));
  }

  accumulate(gradients: tf.Tensor[]): void {
    const before = this.#gradient;
    this.#gradient = tf.tidy(() => {
      const flat = flatten(gradients);
      return before ? tf.add(before, flat) : flat;
    });
    before?.dispose();
  }

  apply(scalars: Scalars, clip: number | null): Promise<number> {
    const gradient = this.#gradient;
    if (!gradient) throw new RangeError('No gradient was accumulated.');
    const old = [this.#weight, ...this.#slots, gradient];
    const { norm, weight, slots } = tf.tidy(() => {
      const norm = tf.sqrt(tf.sum(tf.square(gradient)));
      const clipped =
        clip === null
          ? gradient
          : tf.mul<tf.Tensor1D>(gradient, tf.minimum(1, tf.div(clip, tf.add(norm, CLIP_EPSILON))));
      return { norm, ...this.#rule.update({ weight: this.#weight, slots: this.#slots }, clipped, scalars) };
    });
    this.#weight = weight;
    this.#slots = slots;
    this.#gradient = null;
    tf.dispose(old);
    this.#handOut();
    const value = norm.data().then(([first]) => first);
    return value.finally(() => norm.dispose());
  }

  async snapshot(): Promise<{ weights: Float32Array; slots: Float32Array[] }> {
    // Clones keep the data while later steps replace the tensors.
    const copies = [this.#weight, ...this.#slots].map((vector) => vector.clone());
    try {
      const [weights, ...slots] = await Promise.all(copies.map((copy) => copy.data<'float32'>()));
      return { weights, slots };
    } finally {
      tf.dispose(copies);
    }
  }

  loadSlots(slots: Float32Array[]): void {
    tf.dispose(this.#slots);
    this.#slots = slots.map((slot) => tf.tensor1d(slot.slice()));
  }

  refresh(): void {
    this.#weight.dispose();
    this.#weight = flatten(this.#variables);
  }

  dispose(): void {
    tf.dispose([this.#weight, ...this.#slots]);
    this.#gradient?.dispose();
  }

  #handOut(): void {
    tf.tidy(() => {
      let offset = 0;
      for (const variable of this.#variables) {
        variable.assign(tf.slice(this.#weight, offset, variable.size).reshape(variable.shape));
        offset += variable.size;
      }
    });
  }
}

/** All tensors in one vector that shares no data with them. */
function flatten(tensors: tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() =>
    tensors.length > 0 ? tf.add<tf.Tensor1D>(tf.concat1d(tensors.map((tensor) => tensor.as1D())), 0) : tf.zeros([0]),
  );
}
