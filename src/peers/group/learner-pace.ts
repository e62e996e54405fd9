/**
 * How far members may run ahead of one that learns. A group of one is as fast as its adapter, a learner as its network: without
 * a limit it would never catch up, and what waits for it would fill the memory of whoever sends.
 */
import type { AwakeClock } from './awake-clock';
import type { Timing } from './parts';
import type { PeerLinks } from './peer-links';
import type { View } from './view';

/** Most bytes that may wait for a learner while the group goes on. */
const MOST_WAITING = 16 * 1024 * 1024;

/** Times `Timing.fetch` that a group waits for a learner to catch up, and then goes on without waiting for as long. */
const WAIT = 2;

interface Behind {
  since: number;
  /** Times that it was waited for in vain. */
  tries: number;
}

/** When the group waits for its learners. */
export class LearnerPace {
  /** Learners that have the state and are known to be behind, by number: one that begins anew gets another. */
  private readonly behind = new Map<number, Behind>();

  constructor(
    private readonly timing: Timing,
    private readonly clock: AwakeClock,
  ) {}

  clear(): void {
    this.behind.clear();
  }

  /** A learner told where it stands. */
  stands(member: number, atHead: boolean): void {
    if (atHead) this.behind.delete(member);
    else if (!this.behind.has(member)) this.behind.set(member, { since: this.clock.now(), tries: 0 });
  }

  /** Whether the next transaction is to wait. */
  holds(view: View, links: PeerLinks): boolean {
    const now = this.clock.now();
    for (const member of this.behind.keys()) {
      if (!view.learners.some((learner) => learner.member === member)) this.behind.delete(member);
    }
    return view.learners.some(({ member, id }) => {
      if (links.silent(id)) return false;
      if ((links.get(id)?.queue.bytes ?? 0) > MOST_WAITING) return true;
      const behind = this.behind.get(member);
      if (!behind) return false;
      // One that is too slow for that gets another chance after a while, and a longer one: what waits for it is bounded.
      const patience = WAIT * this.timing.fetch * 2 ** behind.tries;
      const waited = now - behind.since;
      if (waited > patience + WAIT * this.timing.fetch)
        this.behind.set(member, { since: now, tries: behind.tries + 1 });
      return waited <= patience;
    });
  }
}
