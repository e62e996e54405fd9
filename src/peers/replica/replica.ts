/**
 * The parameters of a group as each of its peers keeps them: an arena on the CPU, in IEEE float32 and without tfjs. From
 * the same sums every peer computes the same bits, whatever its GPU and its browser, and a hash over all of them says so.
 *
 * An update is computed beside the committed parameters, and replaces them once the group has agreed on it.
 */
import { createXXHash128, type IHasher } from 'hash-wasm';
import { LatheError } from '../../base/errors';
import type { Scalars } from '../../engine/update-rule';
import type { AppliedWeights, CollectiveRule, CollectiveSetup, CollectiveState } from '../../training/collective';
import { makeKernels, type Kernels } from './kernels';
import { nextScaler, SCALER_NUMBERS } from './loss-scaler';
import { FrozenState, type Frozen } from './snapshot';
import { makeStateMemory, type StateMemory, type StateViews } from './state-memory';

/** What an update would do to the parameters. */
export interface Outcome {
  /** Of everything that the update leaves behind, 32 hex digits: what peers vote on. */
  hash: string;
  /** Global norm of the gradient before clipping, NaN where there is no sum. */
  norm: number;
  /** False: parameters and statistics stay as they are. */
  finite: boolean;
  /** Factor that the loss had been multiplied with; 1 without loss scaling. */
  lossScale: number;
}

/** The parameters of a group. */
export interface Replica {
  /** Numbers of a sum: all trainable weights, and the statistics behind them. */
  readonly length: number;
  /** Last update that was committed; -1 before the first. */
  readonly seq: number;
  /** Of the committed parameters, 32 hex digits. */
  readonly hash: string;
  /** Update that was prepared and neither committed nor rolled back; null: none. */
  readonly pending: number | null;
  /**
   * Computes update `seq` beside the committed parameters. `sum` holds `length` numbers and is only read; null: a trainer
   * found its part not finite. Without a finite sum nothing changes but the loss scale.
   * @throws LatheError while another update is pending, or where `sum` or `scalars` do not fit.
   */
  prepare(seq: number, sum: Float32Array | null, scalars: Scalars): Outcome;
  /** Makes the pending update the committed one. @throws LatheError without one. */
  commit(): void;
  /** Forgets the pending update; without one, nothing. */
  rollback(): void;
  /** Copies, to be given away. `pending` without a pending update throws LatheError. */
  weights(which: 'committed' | 'pending'): AppliedWeights;
  /** A copy of the committed parameters. */
  state(): CollectiveState;
  /** Replaces everything; a pending update is forgotten. @throws LatheError where `state` does not fit the setup. */
  load(state: CollectiveState, seq: number): void;
  /** A copy of the committed parameters as chunks. */
  freeze(): Frozen;
}

/** As PyTorch's `clip_grad_norm_`; the same as the arenas'. */
const CLIP_EPSILON = 1e-6;

/** Numbers that are squared and summed together; sums of blocks are added in their order. */
const NORM_BLOCK = 65_536;

/** Numbers of each vector that are updated and then hashed while caches still hold them. */
const UPDATE_BLOCK = 16_384;

interface Pending {
  seq: number;
  /** Copy of the state that holds it: the committed one where nothing changed. */
  views: StateViews;
  scaler: number[];
  /** Of weights, slots and average. */
  vectorsHash: Uint8Array;
  hash: string;
}

/**
 * A replica that stands where `setup.state` does, before the first update.
 * @throws LatheError where the rule or the state is not understood, or the machine has not the memory.
 */
export async function createReplica(setup: CollectiveSetup): Promise<Replica> {
  const { rule, state } = setup;
  const weights = state.weights.length;
  for (const [start, end] of rule.l2?.parts ?? []) {
    if (!(start >= 0 && start <= end && end <= weights)) {
      throw misfit(`the L2 penalty is for the weights ${start} to ${end}, and there are ${weights}`);
    }
  }
  const memory = makeStateMemory({
    weights,
    slots: rule.slots.length,
    average: rule.ema !== null,
    statistics: state.statistics.length,
  });
  const kernels = await makeKernels(memory.memory, rule, memory.offsets);
  const replica = new MemoryReplica(rule, memory, kernels, await createXXHash128());
  replica.load(state, -1);
  return replica;
}

const misfit = (problem: string): LatheError =>
  new LatheError('internal', `The parameters of the group do not fit: ${problem}.`);

const notPending = (): LatheError => new LatheError('internal', 'No update of the parameters is pending.');

class MemoryReplica implements Replica {
  readonly length: number;
  readonly #rule: CollectiveRule;
  readonly #memory: StateMemory;
  readonly #kernels: Kernels;
  readonly #hasher: IHasher;
  #views: StateViews;
  #seq = -1;
  #scaler: number[] = [];
  #vectorsHash: Uint8Array = new Uint8Array();
  #hash = '';
  #pending: Pending | null = null;

  constructor(rule: CollectiveRule, memory: StateMemory, kernels: Kernels, hasher: IHasher) {
    this.#rule = rule;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#hasher = hasher;
    this.#views = memory.copies[0];
    this.length = this.#views.weights.length + this.#views.statistics.length;
  }

  get seq(): number {
    return this.#seq;
  }

  get hash(): string {
    return this.#hash;
  }

  get pending(): number | null {
    return this.#pending?.seq ?? null;
  }

  prepare(seq: number, sum: Float32Array | null, scalars: Scalars): Outcome {
    if (this.#pending) throw misfit(`update ${seq} was begun while ${this.#pending.seq} is pending`);
    if (!(seq > this.#seq)) throw misfit(`update ${seq} was begun after ${this.#seq}`);
    if (sum && sum.length !== this.length) throw misfit(`a sum has ${sum.length} numbers, not ${this.length}`);
    const values = this.#rule.scalars.map((name) => {
      const value = scalars[name];
      if (!Number.isFinite(value)) throw misfit(`the scalar ${name} of update ${seq} is ${value}`);
      return value;
    });
    const lossScale = this.#scaler.at(0) ?? 1;
    const squares = sum ? this.#takeGradient(sum, lossScale) : NaN;
    const norm = Math.sqrt(squares);
    // As in the arenas the sum of squares is to be a float32: the rules square gradients, too.
    const finite = sum !== null && Number.isFinite(Math.fround(squares)) && this.#takeStatistics(sum);
    const views = finite ? this.#back() : this.#views;
    const vectorsHash = finite ? this.#update(this.#clipFactor(norm), values) : this.#vectorsHash;
    const { lossScale: settings } = this.#rule;
    const scaler = settings ? nextScaler(this.#scaler, finite, settings) : this.#scaler;
    const hash = this.#hashOf(vectorsHash, views, scaler);
    this.#pending = { seq, views, scaler, vectorsHash, hash };
    return { hash, norm, finite, lossScale };
  }

  commit(): void {
    if (!this.#pending) throw notPending();
    const { seq, views, scaler, vectorsHash, hash } = this.#pending;
    this.#pending = null;
    this.#seq = seq;
    this.#views = views;
    this.#scaler = scaler;
    this.#vectorsHash = vectorsHash;
    this.#hash = hash;
  }

  rollback(): void {
    this.#pending = null;
  }

  weights(which: 'committed' | 'pending'): AppliedWeights {
    if (which === 'pending' && !this.#pending) throw notPending();
    const { views, scaler } =
      which === 'pending' && this.#pending ? this.#pending : { views: this.#views, scaler: this.#scaler };
    const { weights, average, statistics } = views;
    return {
      weights: weights.slice(),
      statistics: statistics.slice(),
      average: average?.slice() ?? null,
      lossScale: scaler.at(0) ?? 1,
    };
  }

  state(): CollectiveState {
    const { weights, slots, average, statistics } = this.#views;
    return {
      weights: weights.slice(),
      slots: slots.map((slot) => slot.slice()),
      average: average?.slice() ?? null,
      statistics: statistics.slice(),
      scaler: [...this.#scaler],
    };
  }

  load(state: CollectiveState, seq: number): void {
    const views = this.#views;
    const fits = (what: string, given: number, wanted: number): void => {
      if (given !== wanted) throw misfit(`${given} ${what} were given, and there are ${wanted}`);
    };
    fits('weights', state.weights.length, views.weights.length);
    fits('vectors of the optimizer', state.slots.length, views.slots.length);
    state.slots.forEach((slot, i) => fits('numbers of the optimizer', slot.length, views.slots[i].length));
    fits('statistics', state.statistics.length, views.statistics.length);
    if (state.average) fits('averages', state.average.length, views.average?.length ?? 0);
    const { lossScale } = this.#rule;
    // A state from before there was loss scaling has none.
    if (state.scaler.length > 0) fits('numbers of the loss scale', state.scaler.length, lossScale ? SCALER_NUMBERS : 0);

    this.#pending = null;
    this.#seq = seq;
    views.weights.set(state.weights);
    views.slots.forEach((slot, i) => slot.set(state.slots[i]));
    views.average?.set(state.average ?? state.weights);
    views.statistics.set(state.statistics);
    const scaler = state.scaler.length > 0 || !lossScale ? state.scaler : [lossScale.initial, 0, 0];
    this.#scaler = scaler.map(Math.fround);
    this.#hasher.init();
    this.#inBlocks((start, end) => this.#hashBlock(views, start, end));
    this.#vectorsHash = this.#hasher.digest('binary');
    this.#hash = this.#hashOf(this.#vectorsHash, views, this.#scaler);
  }

  freeze(): Frozen {
    return new FrozenState({ ...this.#views, scaler: this.#scaler }, this.#seq, this.#hash);
  }

  /** The copy that is not the committed one. */
  #back(): StateViews {
    const [first, second] = this.#memory.copies;
    return this.#views === first ? second : first;
  }

  /** Takes the gradient in, and adds the penalty's; the sum of its squares. */
  #takeGradient(sum: Float32Array, lossScale: number): number {
    const { gradient, gradientStart, gradientEnd } = this.#memory;
    const { divide, addScaled, squares } = this.#kernels;
    gradient.set(sum.subarray(0, gradient.length));
    if (lossScale !== 1) divide(gradientStart, gradientEnd, lossScale);
    const { factor, parts } = this.#rule.l2 ?? { factor: 0, parts: [] };
    const weights = this.#views.start + this.#memory.offsets[0];
    for (const [start, end] of parts) {
      addScaled(weights + 4 * start, gradientStart + 4 * start, gradientStart + 4 * end, 2 * factor);
    }
    let total = 0;
    for (let start = gradientStart; start < gradientEnd; start += 4 * NORM_BLOCK) {
      total += squares(start, Math.min(gradientEnd, start + 4 * NORM_BLOCK));
    }
    return total;
  }

  /** Sets the statistics of the back copy; false where they are not finite. */
  #takeStatistics(sum: Float32Array): boolean {
    const { statistics } = this.#back();
    statistics.set(sum.subarray(this.length - statistics.length));
    return statistics.every(Number.isFinite);
  }

  #clipFactor(norm: number): number {
    const { clip } = this.#rule;
    return clip === null ? 1 : Math.min(1, clip / (norm + CLIP_EPSILON));
  }

  /** Computes the back copy from the committed one and the gradient; the hash of its vectors. */
  #update(factor: number, scalars: number[]): Uint8Array {
    const [from, to] = [this.#views, this.#back()];
    const { gradientStart, gradientEnd } = this.#memory;
    const keep = this.#rule.ema ?? 0;
    this.#hasher.init();
    this.#inBlocks((start, end) => {
      const stop = Math.min(gradientEnd, gradientStart + 4 * start + 4 * UPDATE_BLOCK);
      const at = 4 * start;
      this.#kernels.update(
        from.start + at,
        to.start + at,
        gradientStart + at,
        stop,
        factor,
        keep,
        1 - keep,
        ...scalars,
      );
      this.#hashBlock(to, start, end);
    });
    return this.#hasher.digest('binary');
  }

  /** Calls `block` with the first number of each block, and the first behind it. */
  #inBlocks(block: (start: number, end: number) => void): void {
    const { length } = this.#views.weights;
    for (let start = 0; start < length; start += UPDATE_BLOCK) block(start, Math.min(length, start + UPDATE_BLOCK));
  }

  #hashBlock({ weights, slots, average }: StateViews, start: number, end: number): void {
    for (const vector of [weights, ...slots, ...(average ? [average] : [])]) {
      this.#hasher.update(bytesOf(vector.subarray(start, end)));
    }
  }

  #hashOf(vectorsHash: Uint8Array, { statistics }: StateViews, scaler: number[]): string {
    return this.#hasher
      .init()
      .update(vectorsHash)
      .update(bytesOf(statistics))
      .update(bytesOf(Float64Array.from(scaler)))
      .digest();
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
