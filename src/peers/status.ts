/** What a group tells of itself: the view of the page, about twice a second. */

/** How a peer takes part. */
export type PeerState =
  /** Its link is there; it has not asked to take part. */
  | 'connected'
  /** It fetches the state and replays what was committed since. */
  | 'joining'
  /** It takes part in every step. */
  | 'member'
  /** It said goodbye. */
  | 'left'
  /** It was not heard of any more. */
  | 'lost';

/** One peer as this one sees it. */
export interface PeerStatus {
  /** Id of its page session, 16 hex digits. */
  id: string;
  /** Number in the group, given once and never again; null before it is admitted. The lowest member coordinates. */
  member: number | null;
  self: boolean;
  name: string;
  /** Adapter that it computes on, once it is known. */
  adapter: string | null;
  state: PeerState;
  /** Examples a second that it computes, over the last steps. */
  samples_per_second: number | null;
  /** Micro-batches of the last step that it was dealt. */
  items: number;
  /** Milliseconds to it and back; null for this peer itself. */
  round_trip_ms: number | null;
  /** Bytes to and from it. */
  sent: number;
  received: number;
  /** Times that a step had to be dealt again because it was late. */
  late: number;
}

/** Why something that arrived was not used. */
export type DropReason =
  'malformed' | 'checksum' | 'stale' | 'replayed' | 'length' | 'oversized' | 'not_finite' | 'stranger' | 'norm';

/** Milliseconds of a step, by what they were spent on; means over the last steps. */
export interface StepParts {
  step: number;
  /** Until the last of the group's gradients were computed, reading them back included. */
  compute: number;
  /** Communication that nothing hid. */
  communicate: number;
  /** Optimizer and hash. */
  update: number;
  /** From the vote to the commit. */
  commit: number;
}

/** A group as one of its peers sees it. */
export interface GroupStatus {
  /** `waiting`: for `world_size` peers; `alone`: cut off from the majority, trying to come back. */
  phase: 'waiting' | 'joining' | 'training' | 'alone' | 'over';
  /** One sentence where the phase needs one: who is missing, why it ended. */
  reason: string | null;
  world_size: number;
  epoch: number;
  /** Transactions committed. */
  committed: number;
  peers: PeerStatus[];
  compression: string;
  parts: StepParts | null;
  /** Share of the time that is spent communicating, 0 to 1. */
  communicating: number | null;
  /** Milliseconds that a step should take with one more peer like the others. */
  with_one_more_ms: number | null;
  dropped: Partial<Record<DropReason, number>>;
  /** Hash of the parameters after the last committed update. */
  parameters_hash: string | null;
}
