/** What peers of a group say to each other on the control lane: JSON, checked where it arrives. */
import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Views and transactions are numbered as frames can say it. */
const wide = v.pipe(count, v.maxValue(0xffff_ffff));
const member = v.pipe(count, v.maxValue(0xffff));
/** Transactions; -1: before the first. */
const point = v.pipe(v.number(), v.safeInteger(), v.minValue(-1), v.maxValue(0xffff_ffff));
const text = v.pipe(v.string(), v.maxLength(256));
const sentence = v.pipe(v.string(), v.maxLength(2_000));
const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));

/** Numbers that JSON has no words for travel as text. */
const number = v.union([
  v.number(),
  v.pipe(
    v.picklist(['NaN', 'Infinity', '-Infinity']),
    v.transform((name) => Number(name)),
  ),
]);
const milliseconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const members = v.pipe(v.array(member), v.maxLength(256));

const codec = v.variant('name', [
  v.object({ name: v.picklist(['float32', 'float16', 'int8']) }),
  v.object({ name: v.literal('powersgd'), rank: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)) }),
]);

const seat = { member, id };
const view = v.object({
  group: text,
  epoch: wide,
  members: v.pipe(v.array(v.object(seat)), v.minLength(1), v.maxLength(256)),
  learners: v.pipe(v.array(v.object({ ...seat, snapshot: point })), v.maxLength(256)),
  next: count,
  begun: v.boolean(),
  codec,
  adaptive: v.boolean(),
});
const place = v.object({ seq: point, hash: text });

const items = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536));
const transaction = v.variant('kind', [
  v.object({
    kind: v.literal('update'),
    index: count,
    items,
    scalars: v.record(v.pipe(v.string(), v.maxLength(64)), number),
  }),
  v.object({ kind: v.literal('evaluation'), name: text, items }),
]);

const messageSchema = v.variant('type', [
  /** Every half second on every link. `suspects`: members that the sender does not hear of; `progress`: see `Group`. */
  v.object({ type: v.literal('heartbeat'), at: milliseconds, epoch: wide, progress: count, suspects: members }),
  v.object({ type: v.literal('echo'), at: milliseconds }),

  /** Asks to take part. `fingerprint`: of what is trained; `linked`: ids that the sender has links to. */
  v.object({ type: v.literal('join'), epoch: wide, fingerprint: text, linked: v.pipe(v.array(id), v.maxLength(256)) }),
  v.object({ type: v.literal('rejected'), message: sentence }),
  v.object({ type: v.literal('leave'), reason: sentence }),
  /** By the coordinator: no trainer is left, so those in the group are to go; it begins anew with its own. */
  v.object({ type: v.literal('dissolve') }),
  /** A learner stands where the group stands. */
  v.object({ type: v.literal('caught_up'), epoch: wide, at: place }),
  /** Whether the sender has a trainer that computes. */
  v.object({ type: v.literal('trainer'), present: v.boolean() }),

  /** The trainer of the sender is at a transaction that was not proposed yet. */
  v.object({ type: v.literal('entered'), seq: wide, transaction }),
  /** Asks the coordinator for the end. */
  v.object({ type: v.literal('stop') }),
  /** By the coordinator: what a transaction is, and who computes which items, as runs `[member, items]`. */
  v.object({
    type: v.literal('proposal'),
    epoch: wide,
    seq: wide,
    transaction,
    deal: v.pipe(v.array(v.tuple([member, items])), v.maxLength(65_536)),
    stop: v.boolean(),
  }),
  v.object({
    type: v.literal('partial'),
    epoch: wide,
    seq: wide,
    item: count,
    numbers: v.pipe(v.array(number), v.maxLength(65_536)),
    ms: milliseconds,
    examples: v.pipe(v.number(), v.finite(), v.minValue(0)),
  }),
  /** Numbers of a member in a call that all make; see `Collectives`. */
  v.object({
    type: v.literal('gather'),
    epoch: wide,
    call: count,
    numbers: v.pipe(v.array(number), v.maxLength(1_048_576)),
  }),
  /** Squared norms of all contributions to the shards that the sender owns, in the order of ranks and items. */
  v.object({
    type: v.literal('norms'),
    epoch: wide,
    seq: wide,
    squared: v.pipe(v.array(number), v.maxLength(65_536)),
  }),
  v.object({ type: v.literal('vote'), epoch: wide, at: place }),

  /** The change of a view; see `view-change.ts`. */
  v.object({ type: v.literal('prepare'), epoch: wide, group: text }),
  v.object({
    type: v.literal('promise'),
    epoch: wide,
    /** Views that the sender may be in: the newest one that it knows to be installed everywhere, and newer ones. */
    views: v.pipe(v.array(view), v.minLength(1), v.maxLength(64)),
    /** What the newest of them begins with. */
    base: place,
    committed: place,
    voted: v.nullable(v.object({ epoch: wide, at: place })),
    prepared: v.nullable(place),
    /** Own items that are computed, of transactions that are not committed. */
    held: v.pipe(v.array(v.object({ seq: wide, items: v.pipe(v.array(count), v.maxLength(65_536)) })), v.maxLength(4)),
    /** The sender goes with this promise: it makes no other. */
    last: v.boolean(),
  }),
  /** `promised`: 0: the sender is in no view, or has made its last promise. `out`: it is in a newer view, without the receiver. */
  v.object({ type: v.literal('refuse'), epoch: wide, promised: wide, out: v.boolean() }),
  /** The view, and the transaction that it begins with: those before it are committed, those after it begin anew. */
  v.object({ type: v.literal('install'), view, base: place }),
  v.object({ type: v.literal('installed'), epoch: wide, trainer: v.boolean() }),

  /** The state for a learner: its list of chunks, the chunks (on the bulk lane), and the training state. */
  v.object({ type: v.literal('ask_list'), seq: point }),
  v.object({
    type: v.literal('list'),
    at: place,
    /** Number of the last update in the state, as the replica counts. */
    update: point,
    bytes: count,
    sha256: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))), v.minLength(1), v.maxLength(65_536)),
  }),
  v.object({ type: v.literal('fetch'), seq: point, chunks: v.pipe(v.array(count), v.maxLength(64)) }),
  v.object({ type: v.literal('ask_training'), seq: point }),
  /** The sender will never have this of the state after that transaction. */
  v.object({ type: v.literal('no_state'), seq: point, what: v.picklist(['list', 'training']) }),
  v.object({ type: v.literal('training'), seq: point, training: v.string() }),
]);

/** One message. */
export type Message = v.InferOutput<typeof messageSchema>;

/** A message of one type. */
export type MessageOf<T extends Message['type']> = Extract<Message, { type: T }>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A message as bytes. */
export function encodeMessage(message: Message): Uint8Array {
  return encoder.encode(
    JSON.stringify(message, (_key, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ),
  );
}

/** The message in bytes; null where it is none. */
export function decodeMessage(bytes: Uint8Array): Message | null {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(bytes));
  } catch {
    return null; // The caller counts it as malformed.
  }
  const parsed = v.safeParse(messageSchema, json);
  return parsed.success ? parsed.output : null;
}
