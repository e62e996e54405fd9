/** What a group is put together from: replaced in tests, and made elsewhere in the product. */
import type { LatheError } from '../../base/errors';
import type { CollectiveSetup, CollectiveState } from '../../training/collective';
import type { CodecConfig } from '../compression/codec';
import type { CodecSession } from '../compression/session';
import type { Exchange, ExchangeOptions } from '../reduce/exchange';
import type { VectorShape } from '../reduce/layout';
import type { Replica } from '../replica/replica';
import type { PeerMessage } from '../trainer-port';

/** The all-reduce of one transaction at one peer. */
export type AllReduce = Pick<
  Exchange,
  | 'sum'
  | 'done'
  | 'finite'
  | 'start'
  | 'contribute'
  | 'skipItem'
  | 'missing'
  | 'receive'
  | 'norms'
  | 'reduced'
  | 'carryOver'
>;

/** Compression as the founder of a group asks for it; `auto`: exact until measurements say that this costs too much. */
export type GroupCodec = CodecConfig | { name: 'auto' };

/** The memory of compression at one peer. */
export type Session = CodecSession;

/** Makes the parts of a group. */
export interface GroupParts {
  createReplica(setup: CollectiveSetup): Promise<Replica>;
  createSession(config: CodecConfig, shape: VectorShape): Session;
  createExchange(options: ExchangeOptions): AllReduce;
  /** The state that chunks of a frozen replica hold. @throws LatheError */
  fromChunks(chunks: readonly Uint8Array[]): CollectiveState;
}

/**
 * Decides which half of a group goes on that is split in two equal ones. It must grant a view of a group to one set of
 * members only, and to that again where it asks again.
 */
export interface Witness {
  /** Rejects where it cannot be reached. */
  claim(group: string, base: number, members: number[]): Promise<boolean>;
}

/** Milliseconds that a group waits for things. */
export interface Timing {
  /** Between heartbeats, in both directions. */
  heartbeat: number;
  /** Of silence after which a peer is taken for dead. */
  silence: number;
  /** For the answers to a proposed view. */
  promise: number;
  /** Least time that late items get after the first member has done its own. */
  late: number;
  /** The same while no step was measured: shaders are compiled, data is read for the first time. */
  firstStep: number;
  /** For a piece of the state, and for the state's list. */
  fetch: number;
  /** Between two tries to join. */
  join: number;
  /** That a peer which leaves waits for the others to go on without it. */
  leave: number;
  /** That a trainer whose device was lost may stay away. */
  trainer: number;
}

/** What a peer said of itself when its link was made. */
export interface PeerHello {
  name: string;
  adapter: string | null;
}

/** What a group is made with. */
export interface GroupOptions {
  /** This page session: 16 hex digits, and what others are told of it. */
  me: { id: string } & PeerHello;
  /** Members that the first transaction waits for. */
  worldSize: number;
  /** Milliseconds that it waits for them; then the group is over. */
  waitMs: number;
  /** Compression; only the founder's counts. */
  codec: GroupCodec;
  /** Null: the room has no server, and the half with the lowest member goes on after an even split. All in a room alike. */
  witness: Witness | null;
  parts: GroupParts;
  /** Sends to the trainer: arrays in `transfer` are given away. */
  toTrainer: (message: PeerMessage, transfer: Transferable[]) => void;
  /** The group is over for this peer: null: it left, or the run came to its end. */
  onEnd?: (error: LatheError | null) => void;
  timing?: Partial<Timing>;
}

/** What is used where nothing else is said. */
export const DEFAULT_TIMING: Timing = {
  heartbeat: 500,
  silence: 2_000,
  promise: 1_000,
  late: 2_000,
  firstStep: 30_000,
  fetch: 5_000,
  join: 1_000,
  leave: 2_000,
  trainer: 120_000,
};
