/** The arena in stock tfjs ops: runs on every backend, and is what the WebGPU arena is held against. */
import { tf } from '../tf';
import type { Scalars, UpdateRule } from '../update-rule';
import { CLIP_EPSILON, type Arena, type ArenaOptions, type ArenaState, type UpdateResult } from './arena';

/** An arena of tensors. */
export class TensorArena implements Arena {
  readonly length: number;
  readonly places = new Map<tf.Tensor, tf.TensorInfo>();
  readonly result = null;
  readonly #variables: tf.Variable[];
  readonly #rule: UpdateRule;
  readonly #options: ArenaOptions;
  #weight: tf.Tensor1D;
  #slots: tf.Tensor1D[];
  #average: tf.Tensor1D | null;
  /** Loss scale, updates in a row that were finite, updates left out. */
  #scaler: tf.Tensor1D;
  #gradient: tf.Tensor1D | null = null;
  #outcome: tf.Tensor1D | null = null;
  #scalars: Scalars = {};
  #clip: number | null = null;
  /** 1 where weights are penalised. */
  readonly #flags: tf.Tensor1D | null;
  readonly #lossScaleVariable: tf.Variable | null;

  constructor(variables: tf.Variable[], rule: UpdateRule, options: ArenaOptions) {
    this.#variables = variables;
    this.#rule = rule;
    this.#options = options;
    this.length = variables.reduce((sum, variable) => sum + variable.size, 0);
    this.#weight = flatten(variables);
    this.#slots = rule.slots.map(() => tf.zeros([this.length]));
    this.#average = options.ema === null ? null : flatten(variables);
    this.#scaler = tf.tensor1d([options.lossScale?.initial ?? 1, 0, 0]);
    this.#flags =
      options.l2 > 0
        ? tf.tidy(() => flatten(variables.map(({ rank, size }) => (rank > 1 ? tf.ones([size]) : tf.zeros([size])))))
        : null;
    this.#lossScaleVariable = options.lossScale ? tf.variable(tf.tensor1d([options.lossScale.initial]), false) : null;
  }

  get lossScaleTensor(): tf.Tensor | null {
    return this.#lossScaleVariable;
  }

  prepare(scalars: Scalars, clip: number | null): void {
    this.#scalars = scalars;
    this.#clip = clip;
  }

  store(gradients: tf.Tensor[], first: boolean): void {
    const before = this.#gradient;
    // Passes run inside a tidy, which the sum outlives.
    this.#gradient = tf.keep(
      tf.tidy(() => {
        const flat = flatten(gradients);
        return before && !first ? tf.add<tf.Tensor1D>(before, flat) : flat;
      }),
    );
    before?.dispose();
  }

  update(): void {
    const gradient = this.#gradient;
    if (!gradient) throw new RangeError('No gradient was stored.');
    const old = [this.#weight, ...this.#slots, gradient, this.#scaler];
    const { ema, l2, lossScale } = this.#options;
    const next = tf.tidy(() => {
      const scale = tf.slice(this.#scaler, 0, 1);
      const unscaled = tf.div<tf.Tensor1D>(gradient, scale);
      const penalty = this.#flags && tf.mul(tf.mul(this.#flags, this.#weight), 2 * l2);
      const whole = penalty ? tf.add<tf.Tensor1D>(unscaled, penalty) : unscaled;
      const norm = tf.sqrt(tf.sum(tf.square(whole)));
      const finite = tf.isFinite(norm);
      const clip = this.#clip;
      const clipped =
        clip === null ? whole : tf.mul<tf.Tensor1D>(whole, tf.minimum(1, tf.div(clip, tf.add(norm, CLIP_EPSILON))));
      const before = { weight: this.#weight, slots: this.#slots };
      const after = this.#rule.update(before, clipped, this.#scalars);
      const keep = (fresh: tf.Tensor1D, stale: tf.Tensor1D): tf.Tensor1D =>
        tf.where(tf.fill([this.length], 1).mul(finite.toFloat()).toBool(), fresh, stale);
      const weight = keep(after.weight, this.#weight);
      const averages =
        this.#average && ema !== null
          ? [keep(tf.add(tf.mul(this.#average, ema), tf.mul(after.weight, 1 - ema)), this.#average)]
          : [];
      return {
        // What the update went by, as the WebGPU arena leaves it: with the penalty, and scaled.
        gradient: penalty ? tf.add<tf.Tensor1D>(gradient, tf.mul(penalty, scale)) : gradient.clone(),
        weight,
        slots: after.slots.map((slot, i) => keep(slot, this.#slots[i])),
        averages,
        outcome: tf.concat1d([norm.as1D(), finite.toFloat().as1D(), scale]),
        scaler: lossScale ? nextScaler(this.#scaler, finite, lossScale) : this.#scaler.clone(),
      };
    });
    if (this.#average) old.push(this.#average);
    if (this.#outcome) old.push(this.#outcome);
    this.#weight = next.weight;
    this.#slots = next.slots;
    this.#average = next.averages.at(0) ?? null;
    this.#scaler = next.scaler;
    this.#outcome = next.outcome;
    this.#gradient = next.gradient;
    tf.dispose(old);
    this.#handOut(this.#weight);
    const scale = this.#lossScaleVariable;
    if (scale) tf.tidy(() => scale.assign(tf.slice(this.#scaler, 0, 1)));
  }

  gradientRange(): null {
    return null;
  }

  async readGradients(from: number, to: number): Promise<Float32Array<ArrayBuffer>> {
    const gradient = this.#gradient;
    if (!gradient) throw new RangeError('No gradient was stored.');
    const sizes = this.#variables.map(({ size }) => size);
    const total = (first: number, end: number): number => sizes.slice(first, end).reduce((sum, size) => sum + size, 0);
    const part = tf.slice(gradient, total(0, from), total(from, to));
    try {
      return Float32Array.from(await part.data<'float32'>());
    } finally {
      part.dispose();
    }
  }

  async readResult(): Promise<UpdateResult> {
    if (!this.#outcome) throw new RangeError('Nothing was updated yet.');
    // A clone keeps the data while later updates replace it.
    const outcome = this.#outcome.clone();
    try {
      const [norm, finite, lossScale] = await outcome.data();
      return { norm, finite: finite !== 0, lossScale };
    } finally {
      outcome.dispose();
    }
  }

  async snapshot(): Promise<ArenaState> {
    const copies = [this.#weight, ...this.#slots, ...(this.#average ? [this.#average] : []), this.#scaler].map(
      (vector) => vector.clone(),
    );
    try {
      const [weights, ...rest] = await Promise.all(copies.map((copy) => copy.data<'float32'>()));
      return {
        weights,
        slots: rest.slice(0, this.#slots.length),
        average: this.#average ? rest[this.#slots.length] : null,
        scaler: this.#options.lossScale ? [...rest[rest.length - 1]] : [],
      };
    } finally {
      tf.dispose(copies);
    }
  }

  load({ weights, slots, average, scaler }: ArenaState): void {
    tf.dispose([this.#weight, ...this.#slots]);
    this.#weight = tf.tensor1d(weights.slice());
    this.#slots = slots.map((slot) => tf.tensor1d(slot.slice()));
    if (this.#average) {
      this.#average.dispose();
      this.#average = tf.tensor1d((average ?? weights).slice());
    }
    if (scaler.length > 0) {
      this.#scaler.dispose();
      this.#scaler = tf.tensor1d(scaler);
      const [value] = scaler;
      tf.tidy(() => this.#lossScaleVariable?.assign(tf.tensor1d([value])));
    }
    this.#handOut(this.#weight);
  }

  useAverage(on: boolean): void {
    if (this.#average) this.#handOut(on ? this.#average : this.#weight);
  }

  dispose(): void {
    tf.dispose([this.#weight, ...this.#slots, this.#scaler]);
    for (const tensor of [this.#average, this.#gradient, this.#outcome, this.#flags]) tensor?.dispose();
    this.#lossScaleVariable?.dispose();
  }

  #handOut(vector: tf.Tensor1D): void {
    tf.tidy(() => {
      let offset = 0;
      for (const variable of this.#variables) {
        variable.assign(tf.slice(vector, offset, variable.size).reshape(variable.shape));
        offset += variable.size;
      }
    });
  }
}

function nextScaler(
  scaler: tf.Tensor1D,
  finite: tf.Tensor,
  { growth, backoff, interval }: NonNullable<ArenaOptions['lossScale']>,
): tf.Tensor1D {
  const [scale, good, skipped] = [0, 1, 2].map((i) => tf.slice(scaler, i, 1));
  const sound = finite.toFloat().as1D();
  const counted = tf.mul(tf.add(good, 1), sound);
  const grows = tf.greaterEqual(counted, interval).toFloat();
  const factor = tf.add(tf.mul(sound, tf.add(1, tf.mul(grows, growth - 1))), tf.mul(tf.sub(1, sound), backoff));
  return tf.concat1d([
    tf.clipByValue(tf.mul<tf.Tensor1D>(scale, factor), 1e-8, 1e30),
    tf.mul(counted, tf.sub(1, grows)),
    tf.add(skipped, tf.sub(1, sound)),
  ]);
}

/** All tensors in one vector that shares no data with them. */
function flatten(tensors: tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() =>
    tensors.length > 0 ? tf.add<tf.Tensor1D>(tf.concat1d(tensors.map((tensor) => tensor.as1D())), 0) : tf.zeros([0]),
  );
}
