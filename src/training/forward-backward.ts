/** Forward and backward pass of one batch: the gradients of all parameters, into an arena. */
import type { Batch } from '../data/contract';
import type { Arena } from '../engine/arena/arena';
import type { Storage } from '../engine/kernel';
import { withDestinations } from '../engine/ops/taped';
import type { PassCounter } from '../engine/pass-counter';
import type { Input } from '../engine/recorded-function';
import { tf } from '../engine/tf';
import type { LatheBackend } from '../engine/webgpu-backend';
import type { Model } from '../models/model';
import type { TaskLoss } from './losses';

/** How a pass is computed. */
export interface PassOptions {
  loss: TaskLoss;
  /** How results of layers are stored. */
  storage: Storage;
  /** Recompute the inside of blocks in the backward pass. */
  recompute: boolean;
}

/** Passes of one model. */
export class ForwardBackward {
  readonly #backend: LatheBackend | null;
  readonly #model: Model;
  readonly #arena: Arena;
  readonly #counter: PassCounter;
  readonly #options: PassOptions;
  readonly #variables: tf.Variable[];

  /** @param arena That of the model's trainable weights, in their order. */
  constructor(backend: LatheBackend | null, model: Model, arena: Arena, counter: PassCounter, options: PassOptions) {
    this.#backend = backend;
    this.#model = model;
    this.#arena = arena;
    this.#counter = counter;
    this.#options = options;
    this.#variables = trainableVariables(model);
  }

  /** What a pass reads of a batch, which is `share` of its step: its examples, then what the loss takes. */
  inputs(batch: Batch, share: number): Input[] {
    const { tokens, input_shape } = this.#model.io;
    const shape = [batch.n, ...input_shape];
    const examples = tokens ? Int32Array.from(batch.inputs) : batch.inputs;
    return [{ values: examples, shape }, ...this.#options.loss.inputs(batch, share)];
  }

  /**
   * Computes in dispatches alone, so that it can be recorded.
   * @param first Begins a new sum of gradients.
   * @returns The model's outputs, `[rows, outputs]`.
   */
  run([examples, ...lossInputs]: tf.Tensor[], first: boolean): tf.Tensor {
    const { loss, recompute, storage } = this.#options;
    const backend = this.#backend;
    if (backend) backend.activationStorage = storage;
    try {
      return withDestinations(this.#arena.places, () => {
        let kept: tf.Tensor | null = null;
        const { value: anchor, grads } = tf.variableGrads(() => {
          const outputs = this.#model.forward(examples, { training: true, counter: this.#counter, recompute });
          kept = tf.keep(outputs.tensor.clone());
          const anchor = (): tf.Scalar => loss.of(outputs, this.#scaled(lossInputs)).anchor;
          return backend ? backend.named('loss', anchor) : anchor();
        }, this.#variables);
        this.#arena.store(
          this.#variables.map((variable) => grads[variable.name]),
          first,
        );
        tf.dispose([anchor, ...Object.values(grads)]);
        // TypeScript does not see that the function above has run.
        const outputs = kept as tf.Tensor | null;
        if (!outputs) throw new TypeError('The forward pass did not run.');
        return outputs;
      });
    } finally {
      if (backend) backend.activationStorage = 'float32';
    }
  }

  /** The same, queued at once. The outputs are the caller's to dispose. */
  eager(inputs: Input[], first: boolean): tf.Tensor {
    return tf.tidy(() =>
      this.run(
        inputs.map(({ values, shape }) => tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32')),
        first,
      ),
    );
  }

  /** The loss's inputs, the last of which weights its rows, with the loss scale on the weights. */
  #scaled(inputs: tf.Tensor[]): tf.Tensor[] {
    const { lossScaleTensor } = this.#arena;
    if (!lossScaleTensor) return inputs;
    return [...inputs.slice(0, -1), tf.mul(inputs[inputs.length - 1], lossScaleTensor)];
  }
}

/** The variables of a model that are trained, in the order of its weights. */
export function trainableVariables({ weights }: Model): tf.Variable[] {
  return weights.filter((weight) => weight.trainable).map((weight) => weight.variable);
}
