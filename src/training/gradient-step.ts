/**
 * The gradients of one micro-batch, read back bucket by bucket: what a trainer computes where the weights are updated
 * elsewhere, by a group. The buckets of the last layers are on their way while the backward pass still runs.
 */
import { LatheError } from '../base/errors';
import type { Batch } from '../data/contract';
import type { Arena, LossScaleSettings } from '../engine/arena/arena';
import { createArena } from '../engine/arena/create';
import type { Backend } from '../engine/backend';
import type { Storage } from '../engine/kernel';
import { PassCounter } from '../engine/pass-counter';
import { RecordedFunction } from '../engine/recorded-function';
import type { tf } from '../engine/tf';
import type { UpdateRule } from '../engine/update-rule';
import { setVariable } from '../engine/variables';
import type { BufferRange, LatheBackend } from '../engine/webgpu-backend';
import type { Model } from '../models/model';
import type { BucketSink } from './collective';
import { ForwardBackward, trainableVariables } from './forward-backward';
import type { GivenWeights, ItemStep } from './item-step';
import type { TaskLoss } from './losses';

/** How gradients are computed. */
export interface GradientStepOptions {
  loss: TaskLoss;
  mixed: { storage: Storage; lossScale: LossScaleSettings } | null;
  recompute: boolean;
  /** Numbers of a bucket, at least; one parameter is never cut. */
  bucket: number;
  /** Called once when the model cannot be recorded, with the reason. */
  onEager?: (reason: string) => void;
}

/** Nothing is updated here. */
const NO_RULE: UpdateRule = { slots: [], scalars: [], update: (state) => state, wgsl: '' };

/** A bucket: some variables, by their place among those that are trained. */
interface Bucket {
  from: number;
  to: number;
}

/** Gradients of one model. */
export class GradientStep implements ItemStep {
  readonly counter = new PassCounter();
  readonly buckets: [start: number, end: number][];
  readonly storage: Storage;
  readonly lossScale: LossScaleSettings | null;
  readonly statistics: number;
  readonly #arena: Arena;
  readonly #backend: LatheBackend | null;
  readonly #options: GradientStepOptions;
  readonly #passes: ForwardBackward;
  readonly #recorded: RecordedFunction | null;
  readonly #parts: Bucket[];
  /** Weights that are not trained, but moved by forward passes. */
  readonly #moving: tf.Variable[];
  #given: GivenWeights | null = null;
  #eager = false;

  constructor(backend: Backend, model: Model, options: GradientStepOptions) {
    const variables = trainableVariables(model);
    this.#options = options;
    this.#backend = backend.webgpu;
    this.storage = options.mixed?.storage ?? 'float32';
    const lossScale = options.mixed?.lossScale ?? null;
    this.lossScale = lossScale;
    this.#arena = createArena(backend, variables, NO_RULE, { l2: 0, ema: null, lossScale, accumulates: false });
    this.#passes = new ForwardBackward(backend.webgpu, model, this.#arena, this.counter, {
      loss: options.loss,
      storage: this.storage,
      recompute: options.recompute,
    });
    this.#recorded =
      backend.webgpu && new RecordedFunction(backend.webgpu, (inputs) => [this.#passes.run(inputs, true)]);
    this.#moving = model.weights.filter((weight) => !weight.trainable).map((weight) => weight.variable);
    this.statistics = this.#moving.reduce((sum, { size }) => sum + size, 0);
    const sizes = variables.map(({ size }) => size);
    this.#parts = bucketsOf(sizes, options.bucket);
    const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    this.buckets = this.#parts.map(({ from, to }) => [starts[from], to < starts.length ? starts[to] : total]);
    if (this.statistics > 0) this.buckets.push([total, total + this.statistics]);
  }

  give(given: GivenWeights): void {
    this.#given = given;
    const scaler = this.#options.mixed ? [given.lossScale, 0, 0] : [];
    this.#arena.load({ weights: given.weights, slots: [], average: null, scaler });
    this.#setStatistics(given.statistics);
  }

  async compute(
    _item: number,
    batches: Iterable<Batch | Promise<Batch>>,
    share: number,
    pass: number,
    _rate: number,
    sink: BucketSink,
  ): Promise<Float32Array[]> {
    const [first] = batches;
    const batch = await first;
    if (!this.#given) throw new LatheError('internal', 'Gradients were asked for before there were weights.');
    this.counter.set(pass);
    // Each micro-batch moves the statistics from where the step began, whoever computes it.
    this.#setStatistics(this.#given.statistics);
    const reads: Promise<void>[] = [];
    const read = (part: number): void => {
      const { from, to } = this.#parts[part];
      reads.push(this.#arena.readGradients(from, to).then((values) => sink(part, values)));
    };
    const outputs = this.#pass(batch, share, read);
    const moved = Promise.all(this.#moving.map((variable) => variable.data<'float32'>()));
    const [values] = await Promise.all([
      outputs,
      moved.then((all) => this.#sinkStatistics(all, share, sink)),
      ...reads,
    ]);
    return [values];
  }

  dispose(): void {
    this.#recorded?.dispose();
    this.#arena.dispose();
    this.counter.dispose();
  }

  /** Queues the pass; `read` is called when a bucket of it is queued. */
  #pass(batch: Batch, share: number, read: (part: number) => void): Promise<Float32Array> {
    const inputs = this.#passes.inputs(batch, share);
    const backend = this.#backend;
    if (backend && this.#recorded && !this.#eager) {
      const ranges = this.#parts
        .map(({ from, to }) => this.#arena.gradientRange(from, to))
        .filter((range): range is BufferRange => range !== null);
      try {
        const [outputs] = this.#recorded.runInParts(inputs, ranges, read);
        return backend.readRanges([outputs]).then(([bytes]) => new Float32Array(bytes));
      } catch (error) {
        const { kind, message } = LatheError.from(error);
        if (kind !== 'internal') throw error;
        this.#eager = true;
        this.#options.onEager?.(message);
      }
    }
    const outputs = this.#passes.eager(inputs, true);
    this.#parts.forEach((_, part) => read(part));
    return outputs.data<'float32'>().finally(() => outputs.dispose());
  }

  #sinkStatistics(moved: Float32Array[], share: number, sink: BucketSink): void {
    if (this.statistics === 0) return;
    const values = new Float32Array(this.statistics);
    let at = 0;
    for (const numbers of moved) for (const number of numbers) values[at++] = number * share;
    sink(this.#parts.length, values);
  }

  #setStatistics(statistics: Float32Array): void {
    let at = 0;
    for (const variable of this.#moving) {
      setVariable(variable, statistics.subarray(at, at + variable.size));
      at += variable.size;
    }
  }
}

/** Cuts parameters of these sizes into buckets, from the last to the first: so their gradients become known. */
function bucketsOf(sizes: number[], least: number): Bucket[] {
  const buckets: Bucket[] = [];
  let to = sizes.length;
  let numbers = 0;
  for (let from = sizes.length - 1; from >= 0; from--) {
    numbers += sizes[from];
    if (numbers < least && from > 0) continue;
    buckets.push({ from, to });
    to = from;
    numbers = 0;
  }
  return buckets;
}
