/** Forward passes of a model, recorded per batch size where the device allows. */
import { LatheError } from '../base/errors';
import type { Capture } from '../engine/capture';
import { latheBackend } from '../engine/ops/lathe-backend';
import { PassCounter } from '../engine/pass-counter';
import { RecordedFunction, type Input } from '../engine/recorded-function';
import { tf } from '../engine/tf';
import type { LatheBackend } from '../engine/webgpu-backend';
import type { Model } from './model';

/** Computes outputs of one model on the backend that runs. */
export class Inference {
  readonly #model: Model;
  readonly #counter = new PassCounter();
  /**
   * By the buffer in which the weights lie: a recording stays bound to those that it was made over, and a model may stand
   * for its weights now and for their moving average then. Null: the model cannot be recorded.
   */
  #recorded: Map<GPUBuffer, RecordedFunction> | null = new Map();

  constructor(model: Model) {
    this.#model = model;
  }

  /** What was recorded so far. */
  get captures(): Capture[] {
    return [...(this.#recorded?.values() ?? [])].flatMap(({ captures }) => captures);
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
        const [read] = await backend.readRanges(this.#recording(backend, this.#recorded).run([input]));
        return new Float32Array(read);
      } catch (error) {
        if (LatheError.from(error).kind !== 'internal') throw error;
        this.#forget();
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

  /** Has the next passes recorded anew, since other kernels were chosen. None may be under way. */
  recordAgain(): void {
    for (const recording of this.#recorded?.values() ?? []) recording.dispose();
  }

  dispose(): void {
    this.#forget();
    this.#counter.dispose();
  }

  #recording(backend: LatheBackend, recorded: Map<GPUBuffer, RecordedFunction>): RecordedFunction {
    const { buffer } = backend.rangeOf(this.#model.weights[0].variable);
    let recording = recorded.get(buffer);
    if (!recording) {
      recording = new RecordedFunction(backend, ([inputs]) => [this.#forward(inputs)]);
      recorded.set(buffer, recording);
    }
    return recording;
  }

  #forget(): void {
    for (const recording of this.#recorded?.values() ?? []) recording.dispose();
    this.#recorded = null;
  }

  #forward(inputs: tf.Tensor): tf.Tensor {
    return this.#model.forward(inputs, { training: false, counter: this.#counter }).tensor;
  }
}
