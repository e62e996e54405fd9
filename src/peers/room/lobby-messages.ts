/** What browsers in a room tell each other beside training: JSON on the control lane. */
import * as v from 'valibot';
import { toldStatus } from '../status-schema';
import { datasetRow } from './dataset-schema';

const ticket = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/** Longest piece that can be asked for, in bytes. */
export const MOST_PIECE = 1 << 20;

/** Largest blob that is copied: it is held in memory until its hash is known. */
export const MOST_BLOB = 2 ** 29;

/** Most examples that are asked for at once. */
export const MOST_INDICES = 4096;

/** Longest preparation of streamed data, in bytes. */
const MOST_PREPARATION = 2 ** 28;

/** Longest training state of a checkpoint, in characters. */
const MOST_STATE = 2 ** 24;

const presence = v.object({
  /** Whether it began the run of this room, follows it, or only looks. */
  role: v.picklist(['host', 'guest', 'visitor']),
  /** Whether it takes part in a group that goes on: who comes joins that, and nobody begins a second one. */
  training: v.boolean(),
  /** Content hash of the dataset that it can hand out. */
  dataset: v.nullable(hash),
  /**
   * Where its run has ended: `seeking`: all that it keeps is written, and it may lack the best checkpoint; `satisfied`: it
   * wants nothing more. Null: it has not ended.
   */
  ending: v.nullable(v.picklist(['seeking', 'satisfied'])),
});

/** What a browser is to the room. */
export type Presence = v.InferOutput<typeof presence>;

const description = v.object({
  run_name: name,
  /** A run config; read with the config's own schema, which knows more of it. */
  config: v.unknown(),
  /** Examples a step, where the config leaves them to the device and they were found. */
  batch_size: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
  dataset: v.object({
    name,
    kind: v.picklist(['table', 'images', 'text']),
    examples: count,
    bytes: count,
    content_hash: hash,
  }),
  /** Of a table: role of each column, in order. The same content with other roles is trained on differently. */
  roles: v.nullable(v.array(v.string())),
  /** Who trains it; null where the one who tells does not know yet. */
  group: v.nullable(toldStatus),
  /** Where it is no run but a search, whose trials are dealt out: how many trials it has, and how many are done. */
  search: v.optional(v.object({ trials: count, done: count })),
});

/** What is trained in a room. */
export type RoomDescription = v.InferOutput<typeof description>;

/** A blob, and how large it is. */
export const blobSize = v.object({ hash, bytes: v.pipe(count, v.maxValue(MOST_BLOB)) });

const manifest = v.object({
  row: datasetRow,
  blobs: v.array(blobSize),
});

/** A dataset to copy: its row, and the blobs that it is made of. */
export type Manifest = v.InferOutput<typeof manifest>;

/** Most parts of a checkpoint. */
const MOST_PARTS = 4096;

/** Most checkpoints in parts that one browser tells of. */
const MOST_KEPT = 1100;

const packed = v.object({
  hash,
  tensors: v.array(v.object({ name: v.string(), shape: v.array(count), offset: count, length: count })),
});

/** A checkpoint to copy. */
export const checkpointManifest = v.object({
  step: count,
  epoch: count,
  reason: v.picklist(['start', 'epoch', 'steps', 'minutes', 'pause', 'leave', 'end']),
  monitor: v.nullable(v.object({ metric: v.string(), value: v.number() })),
  weights: packed,
  optimizer: packed,
  /** JSON of the training state, which training itself validates. */
  state: v.pipe(v.string(), v.maxLength(MOST_STATE)),
  /** Where it is kept in parts. */
  parts: v.optional(
    v.object({
      hashes: v.pipe(v.array(hash), v.maxLength(MOST_PARTS)),
      bytes: v.pipe(v.array(v.pipe(count, v.maxValue(MOST_BLOB))), v.maxLength(MOST_PARTS)),
      weights: count,
      keepers: v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.minLength(1), v.maxLength(64)),
    }),
  ),
  /** Each once; `here`: who tells has it. */
  blobs: v.array(v.object({ ...blobSize.entries, here: v.boolean() })),
});

/** A checkpoint to copy: what its row says, and the blobs that it is made of. */
export type CheckpointManifest = v.InferOutput<typeof checkpointManifest>;

const kept = v.object({
  step: count,
  /** The hash of its weights. */
  weights: hash,
  /** A digit for each part: 1, and it is here. */
  here: v.pipe(v.string(), v.regex(/^[01]*$/), v.maxLength(MOST_PARTS)),
});

/** What a browser has of a checkpoint that is kept in parts. */
export type KeptParts = v.InferOutput<typeof kept>;

const lobbyMessage = v.variant('type', [
  v.object({ type: v.literal('presence'), presence }),
  v.object({ type: v.literal('describe'), ticket }),
  v.object({ type: v.literal('description'), ticket, description: v.nullable(description) }),
  v.object({ type: v.literal('want_dataset'), ticket, content_hash: hash }),
  v.object({ type: v.literal('dataset'), ticket, manifest: v.nullable(manifest) }),
  /** The checkpoint of a step of this room's run. */
  v.object({ type: v.literal('want_checkpoint'), ticket, step: count }),
  v.object({ type: v.literal('checkpoint'), ticket, checkpoint: v.nullable(checkpointManifest) }),
  /** The checkpoints of this room's run that are kept in parts, and what is where. */
  v.object({ type: v.literal('want_kept'), ticket }),
  v.object({ type: v.literal('kept'), ticket, checkpoints: v.pipe(v.array(kept), v.maxLength(MOST_KEPT)) }),
  /** Answered by frames. */
  v.object({
    type: v.literal('want_piece'),
    ticket,
    hash,
    start: count,
    length: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_PIECE)),
  }),
  /**
   * What is to be known of data before its examples: answered once it is made ready there, by the blob that holds it, or by
   * why there is none.
   */
  v.object({ type: v.literal('want_preparation'), ticket, content_hash: hash }),
  v.object({
    type: v.literal('preparation'),
    ticket,
    blob: v.nullable(v.object({ hash, bytes: v.pipe(count, v.maxValue(MOST_PREPARATION)) })),
    reason: v.nullable(v.pipe(v.string(), v.maxLength(500))),
  }),
  /** Encoded examples in this order. Answered by frames, as if they were one piece. */
  v.object({
    type: v.literal('want_examples'),
    ticket,
    indices: v.pipe(v.array(ticket), v.minLength(1), v.maxLength(MOST_INDICES)),
  }),
  v.object({ type: v.literal('no_piece'), ticket, reason: v.pipe(v.string(), v.maxLength(500)) }),
]);

/** A message of the lobby. */
export type LobbyMessage = v.InferOutput<typeof lobbyMessage>;

/** The bytes of a message. */
export const encodeLobbyMessage = (message: LobbyMessage): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(message));

/** The message in `bytes`, or null where it is none. */
export function decodeLobbyMessage(bytes: Uint8Array): LobbyMessage | null {
  let input: unknown;
  try {
    input = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null; // Neither text nor JSON: the caller counts it.
  }
  const result = v.safeParse(lobbyMessage, input);
  return result.success ? result.output : null;
}
