/**
 * What a trainer and the peer worker say to each other, over one MessagePort. The peer worker holds the parameters, the
 * links and the protocol; the trainer computes items. Arrays are transferred, never copied by the port.
 */
import type { ErrorJson } from '../base/errors';
import type {
  AppliedWeights,
  CollectiveSetup,
  CollectiveStart,
  CollectiveState,
  Committed,
  SharedCheckpoint,
  Transaction,
} from '../training/collective';

/** From the trainer. */
export type TrainerMessage =
  | { type: 'start'; setup: CollectiveSetup }
  /** The loop is at transaction `seq`, which it describes; items of it may be asked for from now on. */
  | { type: 'enter'; seq: number; transaction: Transaction }
  | { type: 'bucket'; seq: number; round: number; item: number; bucket: number; values: Float32Array }
  /** All of an item is there. */
  | { type: 'item'; seq: number; round: number; item: number; partial: number[]; ms: number; examples: number }
  /** Canonical JSON of the training state after transaction `seq`, where it was asked for. */
  | { type: 'training_state'; seq: number; training: string }
  /** A copy of the parameters, now or as they are `after` a transaction that is under way. */
  | { type: 'snapshot'; ticket: number; after?: number }
  | { type: 'stop' }
  | { type: 'leave'; reason: string }
  | { type: 'failed'; error: ErrorJson };

/** From the trainer too: what the group has no part in. */
export type CheckpointMessage =
  /** The run has ended, and what this trainer keeps is written; the checkpoint of a step is wanted from others. */
  | { type: 'want_checkpoint'; ticket: number; step: number }
  /** The run is to go on from the checkpoint of a step, of which parts are missing here. */
  | { type: 'recover'; ticket: number; step: number }
  /** Nothing more is wanted. */
  | { type: 'satisfied' };

/** Whether a message is for the exchange of checkpoints, and not for the group. */
export const isCheckpointMessage = (message: TrainerMessage | CheckpointMessage): message is CheckpointMessage =>
  message.type === 'want_checkpoint' || message.type === 'recover' || message.type === 'satisfied';

/** To the trainer. */
export type PeerMessage =
  | { type: 'started'; start: CollectiveStart; seq: number }
  /**
   * Compute these items of `seq`. `round` counts the times that work was given out anew after a failure: what was computed
   * for an earlier round of the same transaction is still good, unless `weights` come with it.
   */
  | { type: 'compute'; seq: number; round: number; items: number[]; weights: AppliedWeights | null }
  | { type: 'applied'; seq: number; weights: AppliedWeights | null }
  | { type: 'committed'; seq: number; committed: Committed }
  /** The training state after `seq` is wanted: a peer joins. */
  | { type: 'need_training_state'; seq: number }
  | { type: 'snapshot'; ticket: number; state: CollectiveState; seq: number }
  /** Null: nobody has it, or, where it was to be recovered, it is not needed; or, for this reason, it could not be had. */
  | { type: 'checkpoint'; ticket: number; checkpoint: SharedCheckpoint | null; reason: string | null }
  /** The group is over for this peer. */
  | { type: 'ended'; error: ErrorJson };
