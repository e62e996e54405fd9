/**
 * Several trainers that train one run as one: what a trainer asks of whoever deals the work and keeps the parameters.
 * Training knows no more of it; `peers` implements it.
 *
 * A run is a sequence of transactions, the same on every trainer: an update of the parameters, or an evaluation. Each has
 * a fixed number of items (micro-batches, or pieces of a split), which are dealt out; what the trainers computed of them
 * comes back whole to all, so that every trainer reaches the same state by itself.
 */
import type { ArenaState, LossScaleSettings } from '../engine/arena/arena';
import type { Scalars } from '../engine/update-rule';
import type { BlobRow, CheckpointRow } from '../store/schema';

/** Everything of a model that training changes, as flat vectors. */
export interface CollectiveState extends ArenaState {
  /** Weights that are not trained but follow the data: moving statistics, one after another. */
  statistics: Float32Array;
}

/** The update of all parameters, said as data: it is carried out in a place without tfjs. */
export interface CollectiveRule {
  /** See `UpdateRule`. */
  slots: readonly string[];
  scalars: readonly string[];
  wgsl: string;
  /** Largest global norm of the gradient; null: as it is. */
  clip: number | null;
  /** Factor of the L2 penalty, and the parts `[start, end)` of the weights it is for. */
  l2: { factor: number; parts: [number, number][] } | null;
  ema: number | null;
  lossScale: LossScaleSettings | null;
}

/** What a trainer brings to a group. */
export interface CollectiveSetup {
  rule: CollectiveRule;
  /** Where it stands: its checkpoint, or the initial weights. Used where it founds the group. */
  state: CollectiveState;
  /** Canonical JSON of its training state at this point. */
  training: string;
  /**
   * Parts `[start, end)` of the vector in the order in which they become known. The vector holds the gradients of all
   * weights and behind them the statistics, which are the last bucket where there are any.
   */
  buckets: [number, number][];
  /** Of weights `[rows, columns]` with two or more axes: for compression by rank. */
  matrices: { offset: number; rows: number; columns: number }[];
}

/** Where a trainer starts once the group is complete. */
export interface CollectiveStart {
  state: CollectiveState;
  training: string;
  /** False: it founded the group, and these are its own. */
  joined: boolean;
}

/** One transaction as the loop asks for it. */
export type Transaction =
  | {
      kind: 'update';
      /** Index of the update, from 0. */
      index: number;
      items: number;
      /** For the rule; where peers differ by a last digit, the coordinator's are taken by all. */
      scalars: Scalars;
    }
  | { kind: 'evaluation'; name: string; items: number };

/** A checkpoint of the run as another trainer wrote it. */
export interface SharedCheckpoint {
  row: Pick<CheckpointRow, 'step' | 'epoch' | 'reason' | 'monitor' | 'weights' | 'optimizer' | 'state' | 'parts'>;
  /** Those that the row names and that were not stored here yet; their bytes have these hashes. */
  blobs: BlobRow[];
}

/** What an update gives. */
export interface Committed {
  /** Plain numbers of every item, in the order of items. */
  partials: number[][];
  /** Of an update: global norm of the gradient before clipping, whether it was finite, and the loss scale. */
  norm: number;
  finite: boolean;
  lossScale: number;
  /** The whole group was asked to stop after this transaction. */
  stop: boolean;
  /** This trainer's peer coordinates the group: one of them does, and another where that one is gone. */
  coordinator: boolean;
  /** Place of this trainer's peer among those who took part; -1: it did not. */
  rank: number;
  /** Names of those who took part, by rank. */
  members: string[];
}

/** Takes the numbers of one bucket of an item's vector, `[start, end)` of its place. The array is given away. */
export type BucketSink = (bucket: number, values: Float32Array) => void;

/** What goes on around an item that is computed. */
export interface ItemSurroundings {
  /** The item that this trainer computes after it; null where none is known. */
  next: number | null;
  /** Aborted where others have computed the item, or will. What is computed already goes on. */
  signal: AbortSignal;
}

/**
 * Computes one item: gives every bucket of its vector once, and resolves to its plain numbers. The vector is scaled so that
 * the sum over all items is the gradient of the step, and the statistics after it. Null: it was aborted before it began.
 */
export type ComputeItem = (item: number, sink: BucketSink, around: ItemSurroundings) => Promise<number[] | null>;

/** Parameters after an update. Arrays are given away. */
export interface AppliedWeights {
  weights: Float32Array;
  statistics: Float32Array;
  average: Float32Array | null;
  /** What the loss of the next step is to be multiplied with; 1 without loss scaling. */
  lossScale: number;
}

/** A transaction under way. */
export interface Pending {
  /** Its place in the run. */
  readonly seq: number;
  /**
   * Of an update: the new weights and statistics, before every peer has confirmed them, so that the next one can begin.
   * Where that one is begun and this one fails, what it computed is dropped, and it is computed again. Of an evaluation:
   * null.
   */
  applied: Promise<AppliedWeights | null>;
  committed: Promise<Committed>;
}

/** The group went on without this trainer, which takes part again: whatever it had under way is void. */
export class Rejoined extends Error {}

/** A group as a trainer uses it. */
export interface Collective {
  /** Micro-batches of an update, whatever the number of peers. */
  readonly microBatches: number;
  /**
   * Takes part: founds the group or joins it, and waits until it is complete. `next`: the transaction that comes first.
   * @throws LatheError that says why not.
   */
  start(setup: CollectiveSetup): Promise<CollectiveStart & { next: number }>;
  /**
   * Begins the next transaction, once the one before it was applied. `compute` is called for each item that is dealt to this
   * trainer, one after another; `restored` before that, where an earlier update failed after all: the weights to compute
   * with are then those that it gives.
   */
  run(transaction: Transaction, compute: ComputeItem, restored: (weights: AppliedWeights) => void): Pending;
  /** The loop has taken transaction `seq` in; `describe` gives its state for as long as it has not taken in the next. */
  landed(seq: number, describe: () => string): void;
  /**
   * A copy of the parameters after the transaction that was committed last, and which one that is; or, asked for while it is
   * under way, `after` a transaction, however far the group is by the time that this is answered.
   */
  snapshot(after?: number): Promise<{ state: CollectiveState; seq: number }>;
  /**
   * The run has ended, and what this trainer keeps of it is written: gets the checkpoint of a step from others; null where
   * nobody has it.
   * @throws LatheError where it cannot be had
   */
  checkpoint(step: number): Promise<SharedCheckpoint | null>;
  /**
   * Before `start`: gets what is not here of the checkpoint of a step, where this trainer is to found the group with it;
   * waits for those who keep it. Null where it is not to: it takes the state of those who train.
   * @throws LatheError that says what is missing
   */
  recover(step: number): Promise<SharedCheckpoint | null>;
  /** The run has ended, and nothing more is wanted of the others. */
  satisfied(): void;
  /** Asks the whole group to stop. */
  stop(): void;
  /** Says goodbye: the others go on. */
  leave(reason: string): Promise<void>;
}
