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
import { PassCounter } from '../engine/pass-counter';
import type { ReplayTimer } from '../engine/profiler/replay-timer';
import type { TimedDispatch } from '../engine/profiler/timed-dispatch';
import { RecordedFunction, type Input } from '../engine/recorded-function';
import type { tf } from '../engine/tf';
import type { BufferRange, LatheBackend } from '../engine/webgpu-backend';
import type { Model } from '../models/model';
import { ForwardBackward, trainableVariables } from './forward-backward';
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
  readonly #options: TrainStepOptions;
  /** Forward and backward: of the first batch of a step, and of those that are added to it. */
  readonly #recorded: Record<'first' | 'further', RecordedFunction> | null;
  readonly #passes: ForwardBackward;
  #update: Capture | null = null;
  #eager: boolean;

  constructor(backend: Backend, model: Model, options: TrainStepOptions) {
    this.#options = options;
    this.counter = new PassCounter();
    const { optimizer, l2, accumulates, ema = null, mixed = null } = options;
    const lossScale = mixed?.lossScale ?? null;
    this.arena = createArena(backend, trainableVariables(model), optimizer, { l2, ema, lossScale, accumulates });
    const webgpu = backend.webgpu;
    this.#backend = webgpu;
    const passes = new ForwardBackward(webgpu, model, this.arena, this.counter, {
      loss: options.loss,
      storage: this.storage,
      recompute: options.recompute ?? false,
    });
    this.#passes = passes;
    const pass = (first: boolean) => (inputs: tf.Tensor[]) => [passes.run(inputs, first)];
    this.#recorded = webgpu && {
      first: new RecordedFunction(webgpu, pass(true)),
      further: new RecordedFunction(webgpu, pass(false)),
    };
    this.#eager = options.recorded === false;
  }

  /** Names of the optimizer's vectors. */
  get slots(): readonly string[] {
    return this.#options.optimizer.slots;
  }

  /** How results of layers are stored. */
  get storage(): Storage {
    return this.#options.mixed?.storage ?? 'float32';
  }

  /** Recordings of whole steps, in the order in which they are replayed; empty where steps run eagerly. */
  get captures(): Capture[] {
    if (!this.#recorded || !this.#update) return [];
    return [...this.#recorded.first.captures, this.#update];
  }

  /**
   * Queues one update over `batches`, whose gradients are averaged by their sizes.
   * @param step Counts updates from 1.
   * @param passes Forward passes of training before this step; each batch is one.
   */
  run(batches: Batch[], step: number, passes: number, learningRate: number): Promise<StepResult> {
    const started = performance.now();
    const inputs = this.#prepare(batches, step, learningRate);
    const result = this.#recorded
      ? this.#onDevice(this.#recorded, this.#backend, inputs, passes)
      : this.#eagerly(inputs, passes);
    this.encodeMs = performance.now() - started;
    return result;
  }

  /** Whether steps over batches of these sizes are recorded, so that `runTimed` can take their kernels' times. */
  canTime(batches: Batch[]): boolean {
    const recorded = this.#recorded;
    if (!recorded || !this.#update || this.#eager) return false;
    const examples = batches.reduce((sum, batch) => sum + batch.n, 0);
    return batches.every(
      (batch, i) =>
        recorded[i === 0 ? 'first' : 'further'].capture(this.#passes.inputs(batch, batch.n / examples)) !== null,
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
    if (!backend || !result || !this.#recorded || !this.#update) {
      throw new LatheError('internal', 'A step that is not recorded cannot be timed.');
    }
    const dispatches: TimedDispatch[] = [];
    const reads: Promise<ArrayBuffer[]>[] = [];
    for (const [i, inputs] of this.#prepare(batches, step, learningRate).entries()) {
      this.counter.set(before + i);
      const recorded = this.#recorded[i === 0 ? 'first' : 'further'].fill(inputs);
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
    this.#recorded?.first.dispose();
    this.#recorded?.further.dispose();
  }

  dispose(): void {
    this.#recorded?.first.dispose();
    this.#recorded?.further.dispose();
    this.#update?.dispose();
    this.arena.dispose();
    this.counter.dispose();
  }

  /** Writes what changes from step to step; returns what the passes read of each batch. */
  #prepare(batches: Batch[], step: number, learningRate: number): Input[][] {
    const { optimizer, clip } = this.#options;
    this.arena.prepare(optimizer.scalarsAt(step, learningRate), clip);
    const examples = batches.reduce((sum, batch) => sum + batch.n, 0);
    return batches.map((batch) => this.#passes.inputs(batch, batch.n / examples));
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
    const outputs = this.#passes.eager(inputs, first);
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
      return this.#passes.eager(inputs, i === 0);
    });
    this.arena.update();
    const [result, ...read] = await Promise.all([this.arena.readResult(), ...outputs.map(readAndDispose)]);
    return { gradientNorm: result.norm, finite: result.finite, lossScale: result.lossScale, outputs: read };
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
