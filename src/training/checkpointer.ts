/**
 * Writes and finds checkpoints. Numbers are copied off the device at once; hashing and writing go on behind the steps,
 * one checkpoint after another, and a failure there surfaces at the next one or at `settle`.
 */
import { LatheError } from '../base/errors';
import { canonicalJson, sha256 } from '../base/hash';
import { newId } from '../base/ids';
import type { Arena, ArenaState } from '../engine/arena/arena';
import { bytesOf, loadWeights, tensorData, tensorEntries, type PackedWeights } from '../models/weights';
import type { Model } from '../models/model';
import { makeBlobRow } from '../store/blobs';
import { deleteCheckpoints, listCheckpoints, loadCheckpoint, writeCheckpoint } from '../store/checkpoints';
import type { Database } from '../store/database';
import type { CheckpointReason, CheckpointRow, TensorEntry } from '../store/schema';
import { allFinite } from './divergence';
import type { Optimizer } from './optimizers/optimizer';
import { parseState, type TrainingState } from './state';

/** Names of what stands with the optimizer's slots: the weights behind an average, and the loss scale's state. */
const RAW = 'raw';
const SCALER = 'loss_scale';

/** What a checkpoint is made from. */
export interface CheckpointParts {
  model: Model;
  arena: Arena;
  optimizer: Optimizer;
  /** Whether a moving average of the weights is kept. */
  averaged: boolean;
}

/** What the checkpointer tells. */
export interface CheckpointEvents {
  written(row: CheckpointRow, best: boolean): void;
  /** A stored checkpoint could not be used. */
  damaged(message: string): void;
  /** Called before a checkpoint is named: everything it rests on must be stored first. */
  before(): Promise<void>;
}

/** A snapshot held weights that are not finite: nothing was written. */
export class NotFinite extends Error {}

/** Checkpoints of one run. */
export class Checkpointer {
  readonly #database: Database;
  readonly #runId: string;
  readonly #parts: CheckpointParts;
  readonly #events: CheckpointEvents;
  #writing: Promise<void> = Promise.resolve();
  #failure: LatheError | null = null;
  /** The two written last; the older one is there for when the newer one is damaged. */
  #recent: string[] = [];

  constructor(database: Database, runId: string, parts: CheckpointParts, events: CheckpointEvents) {
    this.#database = database;
    this.#runId = runId;
    this.#parts = parts;
    this.#events = events;
  }

  /** A name for the checkpoint to come, so that the state saved in it can already speak of it. */
  static newId(): string {
    return newId();
  }

  /**
   * Copies weights and optimizer off the device, then writes in the background. `state` must be the state at this point
   * of the queue.
   * @throws NotFinite, or the LatheError that an earlier write ended in.
   */
  async save(
    id: string,
    state: TrainingState,
    reason: CheckpointReason,
    monitor: CheckpointRow['monitor'],
  ): Promise<void> {
    this.#throwFailure();
    const [weights, optimizer] = await this.#snapshot();
    if (!allFinite(weights.data)) throw new NotFinite();
    await this.settle();
    const text = canonicalJson(state);
    const keep = new Set(state.ranking.map((entry) => entry.checkpoint));
    const best = state.ranking[0]?.checkpoint === id;
    this.#writing = this.#write(id, text, reason, monitor, weights, optimizer, best, state, keep).catch(
      (error: unknown) => {
        this.#failure = LatheError.from(error, 'storage');
      },
    );
  }

  /** Resolves when nothing is being written any more. @throws the LatheError that writing ended in. */
  async settle(): Promise<void> {
    await this.#writing;
    this.#throwFailure();
  }

  /**
   * Loads the newest good checkpoint into the model and the arena. A damaged one is reported and removed, and the one
   * before it is tried.
   * @returns Its state, or null when there is none.
   */
  async restore(): Promise<TrainingState | null> {
    for (const row of await listCheckpoints(this.#database, this.#runId)) {
      try {
        const { weights, optimizer, state } = await loadCheckpoint(this.#database, row.id);
        const parsed = parseState(state);
        const { model, arena } = this.#parts;
        const unpacked = this.#unpack(weights, row.weights.tensors, optimizer, row.optimizer.tensors);
        loadWeights(model, weights, row.weights.tensors);
        arena.load(unpacked);
        this.#recent = [row.id];
        const stored = new Set((await listCheckpoints(this.#database, this.#runId)).map((other) => other.id));
        return { ...parsed, ranking: parsed.ranking.filter((entry) => stored.has(entry.checkpoint)) };
      } catch (error) {
        const { message } = LatheError.from(error, 'storage');
        this.#events.damaged(
          `The checkpoint at step ${row.step} cannot be used; the one before it is tried. ${message}`,
        );
        await deleteCheckpoints(this.#database, [row.id]);
      }
    }
    return null;
  }

  /** Id of the newest checkpoint. */
  async latest(): Promise<string | null> {
    const [row] = await listCheckpoints(this.#database, this.#runId);
    return row?.id ?? null;
  }

  /** Loads the weights of checkpoint `id` into the model. @throws LatheError of kind `storage` when it is damaged. */
  async loadWeights(id: string): Promise<CheckpointRow> {
    const { row, weights } = await loadCheckpoint(this.#database, id);
    loadWeights(this.#parts.model, weights, row.weights.tensors);
    return row;
  }

  async #snapshot(): Promise<[weights: PackedWeights, optimizer: PackedWeights]> {
    const named = this.#parts.model.weights;
    // A clone keeps its data when the layer replaces the variable's while we read.
    const fixed = named.map(({ trainable, variable }) => (trainable ? null : variable.clone()));
    try {
      const [state, values] = await Promise.all([
        this.#parts.arena.snapshot(),
        Promise.all(fixed.map(async (tensor) => tensor && (await tensor.data<'float32'>()))),
      ]);
      // What a run is judged by and gives away is the moving average, where it keeps one.
      const trained = state.average ?? state.weights;
      const tensors = tensorEntries(named);
      const data = new Float32Array(tensors.reduce((sum, entry) => sum + entry.length / 4, 0));
      let offset = 0;
      named.forEach(({ variable, trainable }, i) => {
        data.set(values[i] ?? trained.subarray(offset, offset + variable.size), tensors[i].offset / 4);
        if (trainable) offset += variable.size;
      });
      return [{ data, tensors }, this.#packState(state)];
    } finally {
      for (const tensor of fixed) tensor?.dispose();
    }
  }

  /** Vectors beside the weights, each as long as the arena: the optimizer's slots, then the weights behind an average. */
  #vectors(): string[] {
    const { optimizer, averaged } = this.#parts;
    return [...optimizer.slots, ...(averaged ? [RAW] : [])];
  }

  #packState(state: ArenaState): PackedWeights {
    const trainable = this.#parts.model.weights.filter((weight) => weight.trainable);
    const vectors = [...state.slots, ...(state.average ? [state.weights] : [])];
    const parts = [...vectors, Float32Array.from(state.scaler)];
    const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      data.set(part, offset);
      offset += part.length;
    }
    const tensors = tensorEntries([
      ...this.#vectors().flatMap((vector) =>
        trainable.map(({ name, shape }) => ({ name: `${vector}/${name}`, shape })),
      ),
      ...(state.scaler.length > 0 ? [{ name: SCALER, shape: [state.scaler.length] }] : []),
    ]);
    return { data, tensors };
  }

  /** @throws LatheError of kind `storage` when the state is of another optimizer or precision. */
  #unpack(weights: Float32Array, entries: TensorEntry[], optimizer: Float32Array, stored: TensorEntry[]): ArenaState {
    const { arena, model, averaged } = this.#parts;
    const vectors = this.#vectors();
    const scaler = stored.find((entry) => entry.name === SCALER);
    const numbers = scaler ? [...tensorData(optimizer, scaler)] : [];
    if (optimizer.length !== arena.length * vectors.length + numbers.length) {
      throw new LatheError('storage', 'its optimizer state is of another optimizer');
    }
    const parts = vectors.map((_, i) => optimizer.slice(i * arena.length, (i + 1) * arena.length));
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    const trained = new Float32Array(arena.length);
    let offset = 0;
    for (const { name, trainable, variable } of model.weights) {
      const entry = byName.get(name);
      if (!trainable || !entry) continue;
      trained.set(tensorData(weights, entry), offset);
      offset += variable.size;
    }
    return averaged
      ? { weights: parts[parts.length - 1], slots: parts.slice(0, -1), average: trained, scaler: numbers }
      : { weights: trained, slots: parts, average: null, scaler: numbers };
  }

  async #write(
    id: string,
    text: string,
    reason: CheckpointReason,
    monitor: CheckpointRow['monitor'],
    weights: PackedWeights,
    optimizer: PackedWeights,
    best: boolean,
    state: TrainingState,
    keep: Set<string>,
  ): Promise<void> {
    const blobs = await Promise.all([makeBlobRow(bytesOf(weights.data)), makeBlobRow(bytesOf(optimizer.data))]);
    const row: CheckpointRow = {
      id,
      run_id: this.#runId,
      created: Date.now(),
      step: state.step,
      epoch: state.epoch,
      reason,
      monitor,
      weights: { hash: blobs[0].hash, tensors: weights.tensors },
      optimizer: { hash: blobs[1].hash, tensors: optimizer.tensors },
      state: text,
      state_sha256: await sha256(text),
      bytes: blobs[0].bytes + blobs[1].bytes + text.length,
    };
    await this.#events.before();
    await writeCheckpoint(this.#database, row, blobs, { best });
    this.#recent = [id, ...this.#recent].slice(0, 2);
    for (const recent of this.#recent) keep.add(recent);
    const stale = (await listCheckpoints(this.#database, this.#runId)).filter((other) => !keep.has(other.id));
    if (stale.length > 0)
      await deleteCheckpoints(
        this.#database,
        stale.map((other) => other.id),
      );
    this.#events.written(row, best);
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure) throw failure;
  }
}
