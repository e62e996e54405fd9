/** A group's status as another browser tells it: validated where it comes in. */
import * as v from 'valibot';
import type { GroupStatus } from './status';

const number = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const words = v.pipe(v.string(), v.maxLength(500));

const peer = v.object({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  member: v.nullable(count),
  self: v.boolean(),
  name: words,
  adapter: v.nullable(words),
  state: v.picklist(['connected', 'joining', 'member', 'left', 'lost']),
  samples_per_second: v.nullable(number),
  items: count,
  round_trip_ms: v.nullable(number),
  sent: count,
  received: count,
  late: count,
});

/** What is told of a group to those who have not joined it: who is there, and how it goes. */
export const toldStatus = v.object({
  phase: v.picklist(['waiting', 'joining', 'training', 'alone', 'over']),
  reason: v.nullable(words),
  world_size: count,
  epoch: count,
  committed: count,
  peers: v.pipe(v.array(peer), v.maxLength(256)),
  compression: words,
});

/** A group as somebody who takes part tells it. */
export type ToldStatus = v.InferOutput<typeof toldStatus>;

/** What is told of `status`: nobody in it is the one who hears it. */
export function tellStatus({ peers, ...status }: GroupStatus): ToldStatus {
  const { phase, reason, world_size, epoch, committed, compression } = status;
  const others = peers.map((peer) => ({ ...peer, self: false }));
  return { phase, reason, world_size, epoch, committed, compression, peers: others };
}

/** The status of a group that somebody told of. */
export function heardStatus(told: ToldStatus): GroupStatus {
  return {
    ...told,
    parts: null,
    communicating: null,
    with_one_more_ms: null,
    dropped: {},
    parameters_hash: null,
  };
}
