/**
 * What a page and a signalling server say to each other: JSON texts over a WebSocket. The server introduces the peers of a
 * room, hands sealed envelopes from one to another without being able to read them, and keeps a register of which half of
 * a split group goes on. It knows ids of rooms, never their secrets.
 */
import * as v from 'valibot';

/** Version of these messages. A server refuses others. */
export const SIGNAL_VERSION = 1;

/** Path of the signalling server below an origin. */
export const SIGNAL_PATH = '/signal';

/** Longest message in either direction, in bytes. An offer has some 500. */
export const MOST_SIGNAL_BYTES = 65_536;

/** Most members that a claim may name. */
const MOST_MEMBERS = 1024;

/** Id of a page session: 64 random bits as 16 hex digits. */
export const peerIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, 'is no id of a peer: 16 hex digits'));

/** Id of a room: 128 random bits as 22 characters of base64url. */
export const roomIdSchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/, 'is no id of a room: 22 characters'));

const opaque = v.pipe(v.string(), v.maxLength(MOST_SIGNAL_BYTES));
const short = v.pipe(v.string(), v.maxLength(64));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What a page says. */
export const signalRequestSchema = v.variant('type', [
  /** First of all: enters a room. `token` is random; whoever comes back with it takes the place of the old connection. */
  v.object({ type: v.literal('join'), version: v.number(), room: roomIdSchema, peer: peerIdSchema, token: short }),
  /** Hands an envelope to another peer of the room. */
  v.object({ type: v.literal('signal'), to: peerIdSchema, envelope: opaque }),
  /**
   * Asks whether `members` may go on alone from the view `base` of a group. The first set of members that asks is granted
   * it, again and again; any other set is refused. `register` names the register that is meant: one that was forgotten
   * grants nothing. `id` comes back with the answer.
   */
  v.object({
    type: v.literal('claim'),
    id: count,
    register: short,
    group: short,
    base: count,
    members: v.pipe(v.array(count), v.minLength(1), v.maxLength(MOST_MEMBERS)),
  }),
  /** Asks for a `pong`: pages cannot see the WebSocket's own pings. */
  v.object({ type: v.literal('ping') }),
]);

/** What a page says. */
export type SignalRequest = v.InferOutput<typeof signalRequestSchema>;

/** Why a server sends a page away. */
export const REFUSALS = ['malformed', 'version', 'room_full', 'server_full', 'rate', 'taken', 'replaced'] as const;

/** Why a server sends a page away. */
export type Refusal = (typeof REFUSALS)[number];

/** What a server says. */
export const signalAnswerSchema = v.variant('type', [
  /**
   * The page is in the room. `peers`: who else is. `register`: id of the room's register of claims, another one after the
   * server forgot it. `addresses`: where other machines reach this server (`ws://192.168.1.5:4173/signal`), if it knows.
   */
  v.object({
    type: v.literal('welcome'),
    peers: v.array(peerIdSchema),
    register: short,
    addresses: v.array(v.pipe(v.string(), v.maxLength(512))),
  }),
  v.object({ type: v.literal('joined'), peer: peerIdSchema }),
  /** The peer has no connection to this server any more; its links to others may live. */
  v.object({ type: v.literal('left'), peer: peerIdSchema }),
  v.object({ type: v.literal('signal'), from: peerIdSchema, envelope: opaque }),
  /** An envelope for `to` was thrown away: it is not in the room. */
  v.object({ type: v.literal('undelivered'), to: peerIdSchema }),
  v.object({ type: v.literal('claimed'), id: count, granted: v.boolean() }),
  v.object({ type: v.literal('pong') }),
  /** The connection ends now. `message` is a sentence for the user. */
  v.object({
    type: v.literal('refused'),
    reason: v.picklist(REFUSALS),
    message: v.pipe(v.string(), v.maxLength(500)),
  }),
]);

/** What a server says. */
export type SignalAnswer = v.InferOutput<typeof signalAnswerSchema>;
