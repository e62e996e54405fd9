/**
 * One update of the weights: forward, backward, clip, optimizer, with nothing read back before it is asked for.
 *
 * On WebGPU the step is recorded the first time and replayed for every batch of that size; a last short batch has a
 * recording of its own. Elsewhere, and for a model that cannot be recorded, every step runs eagerly.
 */
import { LatheError } from '../base/errors';
import type { Batch } from '../data/contract';
import type { Arena, LossScaleSettings } from '../engine/arena/arena';
import { createArena } from '../engine/arena/create';
import type { Backend } from '../engine/backend';
import type { Capture } from '../engine/capture';
import type { Storage } from '../engine/kernel';
import { withDestinations } from '../engine/ops/taped';
import { PassCounter } from '../engine/pass-counter';
import type { ReplayTimer } from '../engine/profiler/replay-timer';
import type { TimedDispatch } from '../engine/profiler/timed-dispatch';
import { RecordedFunction, type Input } from '../engine/recorded-function';
import { tf } from '../engine/tf';
import type { BufferRange, LatheBackend } from '../engine/webgpu-backend';
import type { Model } from '../models/model';
import type { TaskLoss } from './losses';
import type { Optimizer } from './optimizers/optimizer';

/** What does not change from step to step. */
export interface TrainStepOptions {
  optimizer: Optimizer;
  /** Factor of the L2 penalty; 0: none. */
  l2: number;
  /** Largest global norm of the gradient; null: as it is. */
  clip: number | null;
  loss: TaskLoss;
  /** Whether a step may have several batches. */
  accumulates: boolean;
  /** Decay of the weights' moving average; null: none. */
  ema?: number | null;
  /** Mixed precision: how results of layers are stored, and the scale of the loss. */
  mixed?: { storage: Storage; lossScale: LossScaleSettings } | null;
  /** Recompute the inside of blocks in the backward pass. */
  recompute?: boolean;
  /** False: every step runs eagerly. */
  recorded?: boolean;
  /** Called once when the model cannot be recorded, with the reason. */
  onEager?: (reason: string) => void;
}

/** What a step gives, once the device is done with it. */
export interface StepResult {
  /** Global norm of the gradient before clipping. */
  gradientNorm: number;
  /** False: the gradient held NaN or infinity, and nothing was updated. */
  finite: boolean;
  /** Factor that the loss was multiplied with; 1 without mixed precision. */
  lossScale: number;
  /** Outputs of each batch of the step, `[rows, outputs]`, as they were before the update. */
  outputs: Float32Array[];
}

/** Steps of one model. */
export class TrainStep {
  readonly arena: Arena;
  readonly counter: PassCounter;
  /** Milliseconds of JavaScript that the last step took to queue. */
  encodeMs = 0;
  readonly #backend: LatheBackend | null;
  readonly #model: Model;
  readonly #options: TrainStepOptions;
  readonly #variables: tf.Variable[];
  /** Forward and backward: of the first batch of a step, and of those that are added to it. */
  readonly #passes: Record<'first' | 'further', RecordedFunction> | null;
  #update: Capture | null = null;
  #eager: boolean;

  constructor(backend: Backend, model: Model, options: TrainStepOptions) {
    this.#model = model;
    this.#options = options;
    this.#variables = model.weights.filter((weight) => weight.trainable).map((weight) => weight.variable);
    this.counter = new PassCounter();
    const { optimizer, l2, accumulates, ema = null, mixed = null } = options;
    const lossScale = mixed?.lossScale ?? null;
    this.arena = createArena(backend, this.#variables, optimizer, { l2, ema, lossScale, accumulates });
    const webgpu = backend.webgpu;
    this.#backend = webgpu;
    const pass = (first: boolean) => (inputs: tf.Tensor[]) => [this.#backward(inputs, first)];
    this.#passes = webgpu && {
      first: new RecordedFunction(webgpu, pass(true)),
      further: new RecordedFunction(webgpu, pass(false)),
    };
    this.#eager = options.recorded === false;
  }

  /** How results of layers are stored. */
  get storage(): Storage {
    return this.#options.mixed?.storage ?? 'float32';
  }

  /** Recordings of whole steps, in the order in which they are replayed; empty where steps run eagerly. */
  get captures(): Capture[] {
    if (!this.#passes || !this.#update) return [];
    return [...this.#passes.first.captures, this.#update];
  }

  /**
   * Queues one update over `batches`, whose gradients are averaged by their sizes.
   * @param step Counts updates from 1.
   * @param passes Forward passes of training before this step; each batch is one.
   */
  run(batches: Batch[], step: number, passes: number, learningRate: number): Promise<StepResult> {
    const started = performance.now();
    const inputs = this.#prepare(batches, step, learningRate);
    const result = this.#passes
      ? this.#onDevice(this.#passes, this.#backend, inputs, passes)
      : this.#eagerly(inputs, passes);
    this.encodeMs = performance.now() - started;
    return result;
  }

  /** Whether steps over batches of these sizes are recorded, so that `runTimed` can take their kernels' times. */
  canTime(batches: Batch[]): boolean {
    const passes = this.#passes;
    if (!passes || !this.#update || this.#eager) return false;
    const examples = batches.reduce((sum, batch) => sum + batch.n, 0);
    return batches.every(
      (batch, i) => passes[i === 0 ? 'first' : 'further'].capture(this.#inputs(batch, batch.n / examples)) !== null,
    );
  }

  /**
   * Like `run`, to the same bits, with the time of every dispatch; waits for each, so it is slower.
   * @throws LatheError of kind `internal` where `canTime` says no.
   */
  async runTimed(
    batches: Batch[],
    step: number,
    before: number,
    learningRate: number,
    timer: ReplayTimer,
  ): Promise<{ result: StepResult; dispatches: TimedDispatch[] }> {
    const backend = this.#backend;
    const { result } = this.arena;
    if (!backend || !result || !this.#passes || !this.#update) {
      throw new LatheError('internal', 'A step that is not recorded cannot be timed.');
    }
    const dispatches: TimedDispatch[] = [];
    const reads: Promise<ArrayBuffer[]>[] = [];
    for (const [i, inputs] of this.#prepare(batches, step, learningRate).entries()) {
      this.counter.set(before + i);
      const recorded = this.#passes[i === 0 ? 'first' : 'further'].fill(inputs);
      if (!recorded) throw new LatheError('internal', 'A batch of a size that was not recorded cannot be timed.');
      dispatches.push(...(await timer.replay(recorded.capture)));
      const last = i === batches.length - 1;
      if (last) dispatches.push(...(await timer.replay(this.#update)));
      const read = backend.readRanges([recorded.outputs[0], ...(last ? [result] : [])]);
      // Awaited with the others; until then a failure must not count as unhandled.
      read.catch(() => undefined);
      reads.push(read);
    }
    return { result: stepResult(await Promise.all(reads)), dispatches };
  }

  /** Has the next steps recorded anew, since other kernels were chosen. No step may be under way. */
  recordAgain(): void {
    this.#passes?.first.dispose();
    this.#passes?.further.dispose();
  }

  dispose(): void {
    this.#passes?.first.dispose();
    this.#passes?.further.dispose();
    this.#update?.dispose();
    this.arena.dispose();
    this.counter.dispose();
  }

  /** Writes what changes from step to step; returns what the passes read of each batch. */
  #prepare(batches: Batch[], step: number, learningRate: number): Input[][] {
    const { optimizer, clip } = this.#options;
    this.arena.prepare(optimizer.scalarsAt(step, learningRate), clip);
    const examples = batches.reduce((sum, batch) => sum + batch.n, 0);
    return batches.map((batch) => this.#inputs(batch, batch.n / examples));
  }

  /** What the passes read of a batch: its examples, then what the loss takes. */
  #inputs(batch: Batch, share: number): Input[] {
    const { tokens, input_shape } = this.#model.io;
    const shape = [batch.n, ...input_shape];
    const examples = tokens ? Int32Array.from(batch.inputs) : batch.inputs;
    return [{ values: examples, shape }, ...this.#options.loss.inputs(batch, share)];
  }

  async #onDevice(
    passes: Record<'first' | 'further', RecordedFunction>,
    backend: LatheBackend | null,
    batches: Input[][],
    before: number,
  ): Promise<StepResult> {
    const { result } = this.arena;
    if (!backend || !result) throw new LatheError('internal', 'A recorded step needs WebGPU.');
    const reads: Promise<ArrayBuffer[]>[] = [];
    batches.forEach((inputs, i) => {
      this.counter.set(before + i);
      const [outputs] = this.#pass(passes, backend, inputs, i === 0);
      if (i < batches.length - 1) {
        reads.push(backend.readRanges([outputs]));
        return;
      }
      this.#replayUpdate(backend);
      reads.push(backend.readRanges([outputs, result]));
    });
    return stepResult(await Promise.all(reads));
  }

  /** Queues forward and backward of one batch; says where its outputs lie. */
  #pass(
    passes: Record<'first' | 'further', RecordedFunction>,
    backend: LatheBackend,
    inputs: Input[],
    first: boolean,
  ): BufferRange[] {
    if (!this.#eager) {
      try {
        return passes[first ? 'first' : 'further'].run(inputs);
      } catch (error) {
        const { kind, message } = LatheError.from(error);
        if (kind !== 'internal') throw error;
        this.#eager = true;
        this.#options.onEager?.(message);
      }
    }
    const outputs = this.#eagerPass(inputs, first);
    const range = backend.rangeOf(outputs);
    // The buffer is free for others at once, but whoever takes it queues behind the read that comes next.
    outputs.dispose();
    return [range];
  }

  #replayUpdate(backend: LatheBackend): void {
    if (this.#eager) this.arena.update();
    else if (this.#update) backend.replay(this.#update);
    else this.#update = backend.record(() => this.arena.update()).capture;
  }

  async #eagerly(batches: Input[][], before: number): Promise<StepResult> {
    const outputs = batches.map((inputs, i) => {
      this.counter.set(before + i);
      return this.#eagerPass(inputs, i === 0);
    });
    this.arena.update();
    const [result, ...read] = await Promise.all([this.arena.readResult(), ...outputs.map(readAndDispose)]);
    return { gradientNorm: result.norm, finite: result.finite, lossScale: result.lossScale, outputs: read };
  }

  #eagerPass(inputs: Input[], first: boolean): tf.Tensor {
    return tf.tidy(() =>
      this.#backward(
        inputs.map(({ values, shape }) => tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32')),
        first,
      ),
    );
  }

  /** Gradients of one batch, into the arena. @returns The model's outputs, `[rows, outputs]`. */
  #backward([examples, ...lossInputs]: tf.Tensor[], first: boolean): tf.Tensor {
    const { arena } = this;
    const { loss, recompute } = this.#options;
    const backend = this.#backend;
    if (backend) backend.activationStorage = this.storage;
    try {
      return withDestinations(arena.places, () => {
        let kept: tf.Tensor | null = null;
        const { value: anchor, grads } = tf.variableGrads(() => {
          const outputs = this.#model.forward(examples, { training: true, counter: this.counter, recompute });
          kept = tf.keep(outputs.tensor.clone());
          const anchor = (): tf.Scalar => loss.of(outputs, this.#scaled(lossInputs)).anchor;
          return backend ? backend.named('loss', anchor) : anchor();
        }, this.#variables);
        arena.store(
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

  /** The loss's inputs, the last of which weights its rows, with the loss scale on the weights. */
  #scaled(inputs: tf.Tensor[]): tf.Tensor[] {
    const { lossScaleTensor } = this.arena;
    if (!lossScaleTensor) return inputs;
    return [...inputs.slice(0, -1), tf.mul(inputs[inputs.length - 1], lossScaleTensor)];
  }
}

/** What was read of a step: the outputs of each batch and, behind the last one's, the arena's result. */
function stepResult(read: ArrayBuffer[][]): StepResult {
  const [gradientNorm, finite, lossScale] = new Float32Array(read[read.length - 1][1]);
  return {
    gradientNorm,
    finite: finite !== 0,
    lossScale,
    outputs: read.map(([outputs]) => new Float32Array(outputs)),
  };
}

async function readAndDispose(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return await tensor.data<'float32'>();
  } finally {
    tensor.dispose();
  }
}
