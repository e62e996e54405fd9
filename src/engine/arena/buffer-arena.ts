/**
 * The arena on WebGPU: one buffer each for weights, gradients, slots and average. Variables are views of the weights,
 * gradients are written by the kernels that compute them to where they belong: nothing is copied in a step, which takes
 * two dispatches here (three with loss scaling, one more for each pass that is accumulated).
 */
import type { Purpose } from '../buffer-pool';
import type { Kernel } from '../kernel';
import { convert } from '../kernels/convert';
import { gradientNorm, normPartials } from '../kernels/gradient-norm';
import { gradientSum } from '../kernels/gradient-sum';
import { lossScale } from '../kernels/loss-scale';
import { parameterUpdate } from '../kernels/parameter-update';
import { tf } from '../tf';
import type { Scalars, UpdateRule } from '../update-rule';
import type { BufferRange, LatheBackend } from '../webgpu-backend';
import { CLIP_EPSILON, type Arena, type ArenaOptions, type ArenaState, type UpdateResult } from './arena';
import { Layout } from './layout';

/** Numbers of the loss scale's state. */
const SCALER = 3;

/** An arena of buffers. */
export class BufferArena implements Arena {
  readonly length: number;
  readonly places = new Map<tf.Tensor, tf.TensorInfo>();
  readonly lossScaleTensor: tf.Tensor | null;
  readonly result: BufferRange;
  readonly #backend: LatheBackend;
  readonly #layout: Layout;
  readonly #rule: UpdateRule;
  readonly #options: ArenaOptions;
  readonly #weights: BufferRange;
  readonly #gradients: BufferRange;
  /** The sum over passes; where none are accumulated, the gradients themselves. */
  readonly #total: BufferRange;
  readonly #slots: BufferRange[];
  readonly #average: BufferRange | null;
  readonly #partials: BufferRange;
  readonly #scalars: BufferRange;
  readonly #scaler: BufferRange;
  readonly #flags: BufferRange | null;
  readonly #scalarValues: Float32Array<ArrayBuffer>;
  readonly #norm: Kernel;
  readonly #update: Kernel;

  constructor(backend: LatheBackend, variables: tf.Variable[], rule: UpdateRule, options: ArenaOptions) {
    const layout = new Layout(variables);
    const { padded } = layout;
    this.#backend = backend;
    this.#layout = layout;
    this.#rule = rule;
    this.#options = options;
    this.length = layout.dense;
    this.#weights = this.#make(padded, 'weights');
    this.#gradients = this.#make(padded, 'gradients');
    this.#total = options.accumulates ? this.#make(padded, 'gradients') : this.#gradients;
    this.#slots = rule.slots.map(() => this.#make(padded, 'optimizer'));
    this.#average = options.ema === null ? null : this.#make(padded, 'optimizer');
    this.#partials = this.#make(normPartials(padded, backend.target), 'workspace');
    this.#scaler = this.#make(SCALER, 'optimizer');
    this.result = this.#make(3, 'workspace');
    // Behind the rule's scalars stands the largest norm, 0 for no clipping.
    this.#scalarValues = new Float32Array(rule.scalars.length + 1);
    this.#scalars = this.#make(this.#scalarValues.length, 'optimizer');
    this.#flags = options.l2 > 0 ? this.#make(padded / 64, 'workspace') : null;
    if (this.#flags) backend.upload(this.#flags, layout.penalised());
    this.#setScaler([]);
    this.#norm = gradientNorm(padded, options.l2, backend.target);
    this.#update = parameterUpdate(rule, {
      length: padded,
      partials: normPartials(padded, backend.target),
      ema: options.ema,
      clipEpsilon: CLIP_EPSILON,
      target: backend.target,
    });
    for (const [i, variable] of variables.entries()) {
      if (variable.size > 0) backend.copy(backend.rangeOf(variable), this.#part(this.#weights, i));
      this.places.set(variable, backend.view(this.#part(this.#gradients, i), variable.shape));
    }
    if (this.#average) backend.copy(this.#weights, this.#average);
    this.#point(this.#weights);
    this.lossScaleTensor = options.lossScale
      ? tf.keep(tf.engine().makeTensorFromTensorInfo(backend.view({ ...this.#scaler, size: 4 }, [1])))
      : null;
  }

  prepare(scalars: Scalars, clip: number | null): void {
    this.#rule.scalars.forEach((name, i) => (this.#scalarValues[i] = scalars[name]));
    this.#scalarValues[this.#rule.scalars.length] = clip ?? 0;
    this.#backend.upload(this.#scalars, this.#scalarValues);
  }

  store(gradients: tf.Tensor[], first: boolean): void {
    const backend = this.#backend;
    this.#layout.variables.forEach((variable, i) => {
      const gradient = gradients[i];
      const place = this.places.get(variable);
      if (!place || place.dataId === gradient.dataId || variable.size === 0) return;
      backend.run(convert(variable.size, backend.storageOf(gradient), 'float32'), [gradient, place]);
    });
    if (!this.#options.accumulates) {
      if (!first) throw new RangeError('This arena was made for one pass an update.');
      return;
    }
    backend.run(gradientSum(this.#layout.padded, first), [this.#gradients, this.#total]);
  }

  update(): void {
    const backend = this.#backend;
    backend.named('update', () => {
      backend.run(this.#norm, [
        this.#total,
        this.#partials,
        ...(this.#flags ? [this.#weights, this.#flags, this.#scaler] : []),
      ]);
      backend.run(this.#update, [
        this.#weights,
        this.#total,
        this.#partials,
        this.#scalars,
        this.#scaler,
        this.result,
        ...this.#slots,
        ...(this.#average ? [this.#average] : []),
      ]);
      if (this.#options.lossScale) backend.run(lossScale(this.#options.lossScale), [this.result, this.#scaler]);
    });
  }

  gradientRange(from: number, to: number): BufferRange {
    const { offset, size } = this.#layout.span(from, to);
    return { buffer: this.#total.buffer, offset: 4 * offset, size: 4 * size };
  }

  async readGradients(from: number, to: number): Promise<Float32Array<ArrayBuffer>> {
    const [bytes] = await this.#backend.readRanges([this.gradientRange(from, to)]);
    return this.#layout.packSpan(new Float32Array(bytes), from, to);
  }

  async readResult(): Promise<UpdateResult> {
    const [bytes] = await this.#backend.readRanges([this.result]);
    const [norm, finite, scale] = new Float32Array(bytes);
    return { norm, finite: finite !== 0, lossScale: scale };
  }

  async snapshot(): Promise<ArenaState> {
    const vectors = [this.#weights, ...this.#slots, ...(this.#average ? [this.#average] : [])];
    const read = await this.#backend.readRanges([...vectors, this.#scaler]);
    const numbers = read.map((bytes) => new Float32Array(bytes));
    const [weights, ...rest] = numbers.slice(0, -1).map((vector) => this.#layout.pack(vector));
    const scaler = numbers[numbers.length - 1];
    return {
      weights,
      slots: rest.slice(0, this.#slots.length),
      average: this.#average ? rest[rest.length - 1] : null,
      scaler: this.#options.lossScale ? [...scaler] : [],
    };
  }

  load({ weights, slots, average, scaler }: ArenaState): void {
    const set = (range: BufferRange, dense: Float32Array): void =>
      this.#backend.upload(range, this.#layout.unpack(dense));
    set(this.#weights, weights);
    this.#slots.forEach((slot, i) => set(slot, slots[i]));
    if (this.#average) set(this.#average, average ?? weights);
    this.#setScaler(scaler);
  }

  useAverage(on: boolean): void {
    if (this.#average) this.#point(on ? this.#average : this.#weights);
  }

  dispose(): void {
    const backend = this.#backend;
    // The variables outlive the arena: each gets a buffer of its own again.
    this.#layout.variables.forEach((variable, i) => {
      if (variable.size === 0 || variable.isDisposed) return;
      const own = backend.allocate(variable.shape, 'float32', 'weights');
      backend.copy(this.#part(this.#weights, i), backend.rangeOf(own));
      assign(variable, own);
    });
    for (const place of this.places.values()) backend.disposeData(place.dataId);
    this.lossScaleTensor?.dispose();
    const ranges = [this.#weights, this.#gradients, ...this.#slots, this.#partials, this.#scalars, this.#scaler];
    if (this.#total !== this.#gradients) ranges.push(this.#total);
    if (this.#average) ranges.push(this.#average);
    if (this.#flags) ranges.push(this.#flags);
    for (const { buffer } of [...ranges, this.result]) backend.free(buffer);
  }

  #setScaler(scaler: number[]): void {
    const { lossScale: settings } = this.#options;
    const state = scaler.length === SCALER ? scaler : [settings?.initial ?? 1, 0, 0];
    this.#backend.upload(this.#scaler, Float32Array.from(state));
  }

  #make(length: number, purpose: Purpose): BufferRange {
    const range = { buffer: this.#backend.buffer(4 * length, purpose), offset: 0, size: 4 * length };
    this.#backend.clear(range);
    return range;
  }

  /** The part of a vector that belongs to a variable. */
  #part({ buffer }: BufferRange, variable: number): BufferRange {
    const { offsets, variables } = this.#layout;
    return { buffer, offset: 4 * offsets[variable], size: 4 * variables[variable].size };
  }

  #point(vector: BufferRange): void {
    this.#layout.variables.forEach((variable, i) => {
      if (variable.size > 0) assign(variable, this.#backend.view(this.#part(vector, i), variable.shape));
    });
  }
}

function assign(variable: tf.Variable, info: tf.TensorInfo): void {
  const tensor = tf.engine().makeTensorFromTensorInfo(info);
  variable.assign(tensor);
  tensor.dispose();
}
