/** Forward passes of a model, recorded per batch size where the device allows. */
import { LatheError } from '../base/errors';
import { latheBackend } from '../engine/ops/lathe-backend';
import { PassCounter } from '../engine/pass-counter';
import { RecordedFunction, type Input } from '../engine/recorded-function';
import { tf } from '../engine/tf';
import type { Model } from './model';

/** Computes outputs of one model on the backend that runs. */
export class Inference {
  readonly #model: Model;
  readonly #counter = new PassCounter();
  #recorded: RecordedFunction | null;

  constructor(model: Model) {
    this.#model = model;
    const backend = latheBackend();
    this.#recorded = backend && new RecordedFunction(backend, ([inputs]) => [this.#forward(inputs)]);
  }

  /**
   * Queues one forward pass.
   * @param inputs `[n, ...input_shape] float32`.
   * @returns `[rows, outputs]`, read back without waiting for the queue.
   */
  async outputs(inputs: Float32Array, n: number): Promise<Float32Array> {
    const { io } = this.#model;
    const input: Input = {
      values: io.tokens ? Int32Array.from(inputs) : inputs,
      shape: [n, ...io.input_shape],
    };
    const backend = latheBackend();
    if (backend && this.#recorded) {
      try {
        const [read] = await backend.readRanges(this.#recorded.run([input]));
        return new Float32Array(read);
      } catch (error) {
        if (LatheError.from(error).kind !== 'internal') throw error;
        this.#recorded.dispose();
        this.#recorded = null;
      }
    }
    const dtype = io.tokens ? 'int32' : 'float32';
    const outputs = tf.tidy(() => this.#forward(tf.tensor(input.values, input.shape, dtype)));
    try {
      return await outputs.data<'float32'>();
    } finally {
      outputs.dispose();
    }
  }

  dispose(): void {
    this.#recorded?.dispose();
    this.#counter.dispose();
  }

  #forward(inputs: tf.Tensor): tf.Tensor {
    return this.#model.forward(inputs, { training: false, counter: this.#counter }).tensor;
  }
}
