/**
 * Writes and finds checkpoints. Numbers are copied off the device at once; hashing and writing go on behind the steps,
 * one checkpoint after another, and a failure there surfaces at the next one or at `settle`.
 */
import { LatheError } from '../base/errors';
import { canonicalJson, sha256 } from '../base/hash';
import { newId } from '../base/ids';
import type { ArenaState } from '../engine/arena/arena';
import { bytesOf, loadWeights, tensorData, tensorEntries, type PackedWeights } from '../models/weights';
import type { Model } from '../models/model';
import {
  deleteCheckpoints,
  listCheckpoints,
  loadCheckpoint,
  missingParts,
  sharedCheckpointId,
  writeCheckpoint,
} from '../store/checkpoints';
import type { Database } from '../store/database';
import { cutInParts, keepersOf } from '../store/parts';
import type { BlobRow, CheckpointParts, CheckpointReason, CheckpointRow, TensorEntry } from '../store/schema';
import { allFinite } from './divergence';
import type { Optimizer } from './optimizers/optimizer';
import { parseState, type TrainingState } from './state';
import type { SharedCheckpoint } from './collective';
import { Departed, type CheckpointedArena, type Place } from './updates';

/** Names of what stands with the optimizer's slots: the weights behind an average, and the loss scale's state. */
const RAW = 'raw';
const SCALER = 'loss_scale';

/** What a checkpoint is made from. */
export interface CheckpointSources {
  model: Model;
  arena: CheckpointedArena;
  optimizer: Optimizer;
  /** Whether a moving average of the weights is kept. */
  averaged: boolean;
  /** Whether others train the run too: the checkpoints that a state speaks of may be with them. */
  shared: boolean;
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

/** A checkpoint as it is to be written. */
interface Draft {
  id: string;
  state: TrainingState;
  /** The state as text, as it was when the numbers were copied. */
  text: string;
  reason: CheckpointReason;
  monitor: CheckpointRow['monitor'];
  /** Where it is kept in parts: the place that says which of them are written here. */
  place: Place | null;
  weights: PackedWeights;
  optimizer: PackedWeights;
}

/** Checkpoints of one run. */
export class Checkpointer {
  readonly #database: Database;
  readonly #runId: string;
  readonly #parts: CheckpointSources;
  readonly #events: CheckpointEvents;
  #writing: Promise<void> = Promise.resolve();
  #failure: LatheError | null = null;
  /** The two written last; the older one is there for when the newer one is damaged. */
  #recent: string[] = [];

  constructor(database: Database, runId: string, parts: CheckpointSources, events: CheckpointEvents) {
    this.#database = database;
    this.#runId = runId;
    this.#parts = parts;
    this.#events = events;
  }

  /** Whether others train the run too. */
  get shared(): boolean {
    return this.#parts.shared;
  }

  /**
   * A name for the checkpoint of a step, so that the state saved in it can already speak of it. Where others train the run
   * too, it follows from the run and the step: what each of them calls a checkpoint, the others can find.
   */
  idOf(step: number): string {
    return this.#parts.shared ? sharedCheckpointId(this.#runId, step) : newId();
  }

  /** A state that others described, with the checkpoints that it ranks under the names that they have in this run. */
  named(state: TrainingState): TrainingState {
    if (!this.#parts.shared) return state;
    return { ...state, ranking: state.ranking.map((entry) => ({ ...entry, checkpoint: this.idOf(entry.step) })) };
  }

  /** The best checkpoint of a state that is stored here. */
  async best({ ranking }: TrainingState): Promise<string | null> {
    const stored = await this.#stored();
    return ranking.find(({ checkpoint }) => stored.has(checkpoint))?.checkpoint ?? null;
  }

  /** Removes checkpoints of later steps: the run goes on from `step`, where others are. */
  async discardAfter(step: number): Promise<void> {
    const later = (await listCheckpoints(this.#database, this.#runId)).filter((row) => row.step > step);
    if (later.length === 0) return;
    const ids = later.map(({ id }) => id);
    this.#recent = this.#recent.filter((id) => !ids.includes(id));
    await deleteCheckpoints(this.#database, ids);
  }

  /**
   * Stores a checkpoint that another trainer of this run wrote as one of its own.
   * @throws LatheError of kind `storage` when its training state cannot be read, or there is no room.
   */
  async adopt({ row, blobs }: SharedCheckpoint, best: boolean): Promise<void> {
    const state = canonicalJson(this.named(parseState(JSON.parse(row.state))));
    const own: CheckpointRow = {
      id: this.idOf(row.step),
      run_id: this.#runId,
      created: Date.now(),
      step: row.step,
      epoch: row.epoch,
      reason: row.reason,
      monitor: row.monitor,
      weights: row.weights,
      optimizer: row.optimizer,
      state,
      state_sha256: await sha256(state),
      bytes: (row.parts?.bytes ?? blobs.map(({ bytes }) => bytes)).reduce((sum, bytes) => sum + bytes, state.length),
      ...(row.parts && { parts: row.parts }),
    };
    await writeCheckpoint(this.#database, own, blobs, { best, earlier: true });
    this.#events.written(own, best);
  }

  /**
   * Copies weights and optimizer off the device, then writes in the background. `state` must be the state at this point
   * of the queue. `place`: the checkpoint is kept in parts, of which those that fall to this place are written here.
   * @throws NotFinite, or the LatheError that an earlier write ended in.
   */
  async save(
    id: string,
    state: TrainingState,
    reason: CheckpointReason,
    monitor: CheckpointRow['monitor'],
    place: Place | null = null,
  ): Promise<void> {
    this.#throwFailure();
    const [weights, optimizer] = await this.#snapshot();
    if (!allFinite(weights.data)) throw new NotFinite();
    await this.settle();
    const text = canonicalJson(state);
    const draft: Draft = { id, state: { ...state }, text, reason, monitor, place, weights, optimizer };
    this.#writing = this.#write(draft).catch((error: unknown) => {
      this.#failure = LatheError.from(error, 'storage');
    });
  }

  /** Resolves when nothing is being written any more. @throws the LatheError that writing ended in. */
  async settle(): Promise<void> {
    await this.#writing;
    this.#throwFailure();
  }

  /**
   * Loads the newest good checkpoint into the model and the arena. A damaged one is reported and removed, and the one
   * before it is tried; one of which parts are missing stays.
   * @param recover Gets the missing parts from others; null where they are further, and this checkpoint is not needed.
   * @returns Its state, or null when there is none.
   * @throws LatheError of kind `group` when there are only such that lack parts; what `recover` throws as `Departed`
   */
  async restore(recover: (step: number) => Promise<SharedCheckpoint | null>): Promise<TrainingState | null> {
    let lacking: LatheError | null = null;
    const rows = await listCheckpoints(this.#database, this.#runId);
    // It stays until others are written, also where the run goes on from what others have.
    this.#recent = rows.slice(0, 1).map(({ id }) => id);
    for (const row of rows) {
      try {
        if (!(await this.#makeWhole(row, recover))) continue;
      } catch (error) {
        if (error instanceof Departed) throw error;
        lacking ??= LatheError.from(error, 'group');
        this.#events.damaged(
          `The checkpoint at step ${row.step} cannot be put together; the one before it is tried. ${LatheError.from(error).message}`,
        );
        continue;
      }
      try {
        return await this.#take(row);
      } catch (error) {
        const { message } = LatheError.from(error, 'storage');
        this.#events.damaged(
          `The checkpoint at step ${row.step} cannot be used; the one before it is tried. ${message}`,
        );
        await deleteCheckpoints(this.#database, [row.id]);
      }
    }
    if (!lacking) return null;
    throw new LatheError(
      'group',
      `No checkpoint of this run can be put together here. ${lacking.message} Resume the run when those who keep the rest are there.`,
    );
  }

  /** Checkpoints of which parts are missing here. */
  async incomplete(): Promise<{ id: string; step: number }[]> {
    const rows = await listCheckpoints(this.#database, this.#runId);
    const missing = await Promise.all(rows.map((row) => missingParts(this.#database, row)));
    return rows.filter((_, i) => missing[i].length > 0).map(({ id, step }) => ({ id, step }));
  }

  /** Removes a checkpoint. */
  async discard(id: string): Promise<void> {
    await deleteCheckpoints(this.#database, [id]);
  }

  /** The newest checkpoint that is here. */
  async latest(): Promise<{ id: string; step: number } | null> {
    const row = (await listCheckpoints(this.#database, this.#runId)).at(0);
    return row ? { id: row.id, step: row.step } : null;
  }

  /** Loads the weights of checkpoint `id` into the model. @throws LatheError of kind `storage` when it is damaged. */
  async loadWeights(id: string): Promise<CheckpointRow> {
    const { row, weights } = await loadCheckpoint(this.#database, id);
    loadWeights(this.#parts.model, weights, row.weights.tensors);
    return row;
  }

  /** Gets what is missing of a checkpoint; false where it is not needed. @throws LatheError */
  async #makeWhole(row: CheckpointRow, recover: (step: number) => Promise<SharedCheckpoint | null>): Promise<boolean> {
    if ((await missingParts(this.#database, row)).length === 0) return true;
    const shared = await recover(row.step);
    if (shared) await this.adopt(shared, false);
    return shared !== null;
  }

  /** Loads a checkpoint into the model and the arena. @throws LatheError of kind `storage` */
  async #take(row: CheckpointRow): Promise<TrainingState> {
    const { weights, optimizer, state } = await loadCheckpoint(this.#database, row.id);
    const parsed = parseState(state);
    const { model, arena } = this.#parts;
    const unpacked = this.#unpack(weights, row.weights.tensors, optimizer, row.optimizer.tensors);
    loadWeights(model, weights, row.weights.tensors);
    arena.load(unpacked);
    this.#recent = [row.id];
    if (this.#parts.shared) return this.named(parsed);
    const stored = await this.#stored();
    return { ...parsed, ranking: parsed.ranking.filter((entry) => stored.has(entry.checkpoint)) };
  }

  async #stored(): Promise<Set<string>> {
    return new Set((await listCheckpoints(this.#database, this.#runId)).map(({ id }) => id));
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

  async #write({ id, state, text, reason, monitor, place, weights, optimizer }: Draft): Promise<void> {
    const [whole, sliced] = await Promise.all([
      Promise.all([weights, optimizer].map(({ data }) => sha256(bytesOf(data)))),
      place ? slice([bytesOf(weights.data), bytesOf(optimizer.data)], place) : null,
    ]);
    const row: CheckpointRow = {
      id,
      run_id: this.#runId,
      created: Date.now(),
      step: state.step,
      epoch: state.epoch,
      reason,
      monitor,
      weights: { hash: whole[0], tensors: weights.tensors },
      optimizer: { hash: whole[1], tensors: optimizer.tensors },
      state: text,
      state_sha256: await sha256(text),
      bytes: weights.data.byteLength + optimizer.data.byteLength + text.length,
      ...(sliced && { parts: sliced.parts }),
    };
    const blobs =
      sliced?.blobs ??
      [weights, optimizer].map(({ data }, i) => ({
        hash: whole[i],
        blob: new Blob([bytesOf(data)]),
        bytes: data.byteLength,
      }));
    await this.#events.before();
    const { ranking } = state;
    const best = ranking.length > 0 && ranking[0].checkpoint === id;
    await writeCheckpoint(this.#database, row, blobs, { best });
    this.#recent = [id, ...this.#recent.filter((other) => other !== id)].slice(0, 2);
    const keep = new Set([...ranking.map(({ checkpoint }) => checkpoint), ...this.#recent]);
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

/** Cuts vectors into parts; the blobs are of those that fall to a place. */
async function slice(
  vectors: Uint8Array<ArrayBuffer>[],
  { rank, members }: Place,
): Promise<{ parts: CheckpointParts; blobs: BlobRow[] }> {
  const cut = vectors.map((vector) => cutInParts(vector.length).map(([start, end]) => vector.subarray(start, end)));
  const pieces = cut.flat();
  const hashes = await Promise.all(pieces.map((piece) => sha256(piece)));
  const blobs = pieces.flatMap((piece, part) =>
    keepersOf(part, members.length).includes(rank)
      ? [{ hash: hashes[part], blob: new Blob([piece]), bytes: piece.length }]
      : [],
  );
  const bytes = pieces.map(({ length }) => length);
  return { parts: { hashes, bytes, weights: cut[0].length, keepers: [...members] }, blobs };
}
