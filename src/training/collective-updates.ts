/**
 * The updates of a run that several trainers compute together. This one computes the micro-batches that it is dealt; the
 * sum over all of them, the optimizer and the agreement are the group's (`collective.ts`).
 */
import type { ResolvedConfig } from '../config/schema';
import type { Batch, PreparedData } from '../data/contract';
import type { ArenaState } from '../engine/arena/arena';
import type { Inference } from '../models/inference';
import type { Model } from '../models/model';
import type {
  AppliedWeights,
  BucketSink,
  Collective,
  CollectiveState,
  Committed,
  Pending,
  SharedCheckpoint,
} from './collective';
import { collectiveRule } from './collective-rule';
import { nonFinitePlace } from './diagnose';
import { evaluate } from './evaluate';
import { trainableVariables } from './forward-backward';
import type { ItemBatches } from './item-batches';
import { ItemLoader, Superseded } from './item-loader';
import type { ItemStep } from './item-step';
import type { MetricAccumulator } from './metrics/accumulator';
import type { Optimizer } from './optimizers/optimizer';
import { parseState, type TrainingState } from './state';
import {
  Outrun,
  type CheckpointedArena,
  type EvaluationOptions,
  type Place,
  type UpdatePlan,
  type Updates,
  type UpdateUnderWay,
} from './updates';

/** What they are made of. */
export interface CollectiveUpdatesParts {
  config: ResolvedConfig;
  data: PreparedData;
  items: ItemBatches;
  model: Model;
  inference: Inference;
  step: ItemStep;
  /** What the group updates with. */
  optimizer: Optimizer;
  /** Learning rate of that, where it is not the run's. */
  outerRate: number | null;
  collective: Collective;
  makeMetrics: () => MetricAccumulator;
}

/** Pieces that a split is dealt out in, at least: enough for every peer to have its share. */
const LEAST_PIECES = 16;

/** What keys of items of updates begin with; those of evaluations begin with their split. */
const UPDATE = 'update ';

/** Updates by a group. */
export class CollectiveUpdates implements Updates {
  readonly arena: CheckpointedArena;
  readonly #parts: CollectiveUpdatesParts;
  /** Whoever begins a group coordinates it; what was committed last says who does now. */
  #leads = true;
  #place: Place = { rank: 0, members: [''] };
  /** Until the group has started: what this trainer brings. */
  #own: ArenaState | null = null;
  #started = false;
  /** The parameters that are known, and whether the device has them. */
  #applied: AppliedWeights | null = null;
  #given = true;
  /** The update that was begun last. */
  #newest: Pending | null = null;
  /** The transaction that landed last. */
  #landed = -1;
  /** What the group's parameters are after a transaction that a checkpoint follows. */
  #kept: { seq: number; snapshot: Promise<{ state: CollectiveState; seq: number }> } | null = null;
  readonly #loader: ItemLoader;

  constructor(parts: CollectiveUpdatesParts) {
    this.#parts = parts;
    this.#loader = new ItemLoader(parts.data);
    const length = trainableVariables(parts.model).reduce((sum, { size }) => sum + size, 0);
    this.arena = {
      length,
      snapshot: () => (this.#started ? this.#snapshot() : this.#initial(length)),
      load: (state) => (this.#own = state),
    };
  }

  async start(state: TrainingState, signal: AbortSignal): Promise<TrainingState> {
    const { collective, model, step, config, optimizer } = this.#parts;
    const moving = model.weights.filter((weight) => !weight.trainable);
    const numbers = await Promise.all(moving.map(({ variable }) => variable.data<'float32'>()));
    const statistics = new Float32Array(step.statistics);
    let at = 0;
    for (const values of numbers) {
      statistics.set(values, at);
      at += values.length;
    }
    const own = await this.arena.snapshot();
    const aborted = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener('abort', () => resolve(null));
    });
    const joining = collective.start({
      rule: collectiveRule(config, optimizer, model, step.lossScale),
      state: { ...own, statistics },
      training: JSON.stringify(state),
      buckets: step.buckets,
      matrices: matricesOf(model),
    });
    const start = await Promise.race([joining, aborted]);
    if (!start) return state;
    this.#started = true;
    this.#landed = start.next - 1;
    this.#own = null;
    const { weights, average, scaler } = start.state;
    this.#take({ weights, average, statistics: start.state.statistics, lossScale: scaler.at(0) ?? 1 });
    this.#give();
    if (!start.joined) return state;
    this.#leads = false;
    return parseState(JSON.parse(start.training));
  }

  get leads(): boolean {
    return this.#leads;
  }

  get place(): Place {
    return this.#place;
  }

  async begin(index: number, passes: number, rate: number, plan: UpdatePlan): Promise<UpdateUnderWay> {
    const { collective, items: source, model, step, optimizer, outerRate } = this.#parts;
    await this.#settle();
    const items = source.of(index);
    const sizes = items.map((batches) => batches.reduce((sum, { length }) => sum + length, 0));
    const examples = sizes.reduce((sum, size) => sum + size, 0);
    const passesBefore = (item: number): number => items.slice(0, item).reduce((sum, { length }) => sum + length, 0);
    let last: { batch: Batch; pass: number } | null = null;
    this.#loader.keep((key) => !key.startsWith(UPDATE) || key.startsWith(`${UPDATE}${index} `));
    const pending = collective.run(
      { kind: 'update', index, items: items.length, scalars: optimizer.scalarsAt(index + 1, outerRate ?? rate) },
      async (item, sink, { next, signal }) => {
        this.#give();
        const batches = this.#loader.load(`${UPDATE}${index} ${item}`, items[item], signal);
        const pass = passes + passesBefore(item);
        const taken = noting(batches, (batch) => {
          // With the first of its examples here, this trainer has time for those of others.
          if (last?.pass !== pass)
            this.#loadAhead(index, item, next === null ? null : { item: next, batches: items[next] });
          last = { batch, pass };
        });
        const partial = await this.#compute(item, taken, sizes[item], sizes[item] / examples, pass, rate, sink);
        return partial && [...partial, plan.overdue() ? 1 : 0];
      },
      (weights) => this.#take(weights),
    );
    this.#newest = pending;
    // Every update is one transaction.
    if (plan.kept !== null) this.#keep(pending.seq + plan.kept);
    pending.applied.then(
      (weights) => weights && this.#take(weights),
      // The failure is met where the update lands.
      () => undefined,
    );
    pending.committed.catch(() => undefined);
    return {
      step: index + 1,
      rate,
      passes: passesBefore(items.length),
      done: pending.committed,
      land: async (metrics) => {
        const committed = await pending.committed;
        const { partials, norm, finite, lossScale, stop } = committed;
        this.#note(committed);
        // What is evaluated or saved after the last update must be on the device.
        if (this.#newest === pending) await this.#settle();
        this.#landed = pending.seq;
        let loss = 0;
        let overdue = false;
        for (const [n, mean, ...rest] of partials) {
          loss += (n / examples) * mean;
          overdue ||= rest.pop() === 1;
          metrics.merge(rest);
        }
        return { examples, loss, gradientNorm: norm, finite, lossScale, stop, overdue };
      },
      sound: () => last === null || last.batch.inputs.every(Number.isFinite),
      blame: async () =>
        last === null
          ? 'another peer computed the examples that are to blame'
          : nonFinitePlace(model, last.batch, last.pass, step.storage),
    };
  }

  async evaluate(
    split: 'validation' | 'test',
    metrics: MetricAccumulator,
    { interrupted, alone }: EvaluationOptions = {},
  ): Promise<boolean> {
    const { collective, data, inference, config, makeMetrics } = this.#parts;
    const indices = data.splits[split];
    const largest = 2 * config.training.batch_size;
    if (alone) return evaluate(inference, data, indices, largest, metrics, interrupted);
    if (indices.length === 0) return true;
    const size = Math.min(largest, Math.ceil(indices.length / LEAST_PIECES));
    const examplesOf = (item: number): Uint32Array[] => [indices.subarray(item * size, (item + 1) * size)];
    const { seq, committed } = collective.run(
      { kind: 'evaluation', name: split, items: Math.ceil(indices.length / size) },
      async (item, _sink, { next, signal }) => {
        this.#give();
        const piece = makeMetrics();
        for (const loading of this.#loader.load(`${split} ${item}`, examplesOf(item), signal)) {
          if (next !== null) this.#loader.ahead(`${split} ${next}`, examplesOf(next));
          const batch = await unlessSuperseded(loading);
          if (!batch) return null;
          piece.add(await inference.outputs(batch.inputs, batch.n), batch.targets);
        }
        return piece.save();
      },
      (weights) => this.#take(weights),
    );
    // By the time that this one has evaluated, others may have begun the next epoch.
    this.#keep(seq);
    const result = await committed;
    this.#note(result);
    for (const partial of result.partials) metrics.merge(partial);
    this.#loader.keep((key) => key.startsWith(UPDATE));
    this.#landed = seq;
    return true;
  }

  async averaged<T>(f: () => Promise<T>): Promise<T> {
    const average = this.#applied?.average;
    if (!this.#applied || !average) return f();
    this.#parts.step.give({ ...this.#applied, weights: average });
    try {
      return await f();
    } finally {
      this.#parts.step.give(this.#applied);
    }
  }

  settled(describe: () => TrainingState): void {
    this.#parts.collective.landed(this.#landed, () => JSON.stringify(describe()));
  }

  checkpoint(step: number): Promise<SharedCheckpoint | null> {
    return this.#parts.collective.checkpoint(step);
  }

  recover(step: number): Promise<SharedCheckpoint | null> {
    return this.#parts.collective.recover(step);
  }

  satisfied(): void {
    this.#parts.collective.satisfied();
  }

  stopAll(): boolean {
    this.#parts.collective.stop();
    return true;
  }

  async leave(reason: string): Promise<void> {
    await this.#parts.collective.leave(reason);
  }

  dispose(): void {
    this.#parts.step.dispose();
  }

  /** What a transaction said of who took part. */
  #note({ coordinator, rank, members }: Committed): void {
    this.#leads = coordinator;
    this.#place = { rank, members };
  }

  /** The parameters after a transaction that is not committed yet are wanted. */
  #keep(seq: number): void {
    if (this.#kept?.seq === seq) return;
    const snapshot = this.#parts.collective.snapshot(seq);
    snapshot.catch(() => undefined);
    this.#kept = { seq, snapshot };
  }

  async #snapshot(): Promise<ArenaState> {
    const kept = this.#kept?.seq === this.#landed ? this.#kept.snapshot : null;
    if (kept) this.#kept = null;
    const { state, seq } = await (kept ?? this.#parts.collective.snapshot());
    if (seq !== this.#landed) throw new Outrun();
    return state;
  }

  async #compute(
    item: number,
    batches: Iterable<Promise<Batch>>,
    n: number,
    share: number,
    pass: number,
    rate: number,
    sink: BucketSink,
  ): Promise<number[] | null> {
    const { step, makeMetrics } = this.#parts;
    const targets: Pick<Batch, 'n' | 'targets'>[] = [];
    const noted = noting(batches, ({ n: size, targets: own }) => targets.push({ n: size, targets: own }));
    const outputs = await unlessSuperseded(step.compute(item, noted, share, pass, rate, sink));
    if (!outputs) return null;
    const metrics = makeMetrics();
    const loss = targets.reduce((sum, part, i) => sum + (part.n / n) * metrics.add(outputs[i], part.targets), 0);
    return [n, loss, ...metrics.save()];
  }

  /** Waits for the parameters of the update begun last, and gives them to the device. */
  async #settle(): Promise<void> {
    await this.#newest?.applied;
    this.#give();
  }

  #take(weights: AppliedWeights): void {
    this.#applied = weights;
    this.#given = false;
  }

  #give(): void {
    if (this.#given || !this.#applied) return;
    this.#parts.step.give(this.#applied);
    this.#given = true;
  }

  /** Loads what this trainer computes next, and will probably be dealt then: the same item of the next update. */
  #loadAhead(index: number, item: number, next: { item: number; batches: Uint32Array[] } | null): void {
    if (next) this.#loader.ahead(`${UPDATE}${index} ${next.item}`, next.batches);
    this.#loader.ahead(`${UPDATE}${index + 1} ${item}`, this.#parts.items.of(index + 1).at(item) ?? []);
  }

  async #initial(length: number): Promise<ArenaState> {
    if (this.#own) return this.#own;
    const { model, optimizer, config, step } = this.#parts;
    const weights = new Float32Array(length);
    let at = 0;
    for (const variable of trainableVariables(model)) {
      weights.set(await variable.data<'float32'>(), at);
      at += variable.size;
    }
    return {
      weights,
      slots: optimizer.slots.map(() => new Float32Array(length)),
      average: config.training.ema === null ? null : weights.slice(),
      scaler: step.lossScale ? [step.lossScale.initial, 0, 0] : [],
    };
  }
}

/** Batches one by one; `note` hears of each that is there. */
function* noting(batches: Iterable<Promise<Batch>>, note: (batch: Batch) => void): Generator<Promise<Batch>, void> {
  for (const loading of batches) {
    yield loading.then((batch) => {
      note(batch);
      return batch;
    });
  }
}

/** What `work` gives; null where its examples were superseded. */
async function unlessSuperseded<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Superseded) return null;
    throw error;
  }
}

/** Parameters of two or more axes, as matrices with the last axis as columns. */
function matricesOf(model: Model): { offset: number; rows: number; columns: number }[] {
  let offset = 0;
  return trainableVariables(model).flatMap(({ shape, size }) => {
    const start = offset;
    offset += size;
    const columns = shape.at(-1) ?? 1;
    return shape.length > 1 && columns > 1 ? [{ offset: start, rows: size / columns, columns }] : [];
  });
}
