/** Who goes: others, who said so, and this peer, for good or to come back. */
import { LatheError } from '../../base/errors';
import type { AwakeClock } from './awake-clock';
import type { Message } from './messages';
import type { Timing } from './parts';
import type { PeerLinks } from './peer-links';
import type { Place } from './place';

/** What departures need of their peer. */
export interface DeparturesHost {
  readonly place: Place;
  readonly timing: Timing;
  readonly clock: AwakeClock;
  readonly links: PeerLinks;
  /** To all in the view but this peer. */
  broadcast(message: Message): void;
  /** The group is over for this peer, which left. */
  onLeft(): void;
  /** It stepped down, and nobody said that it is out. */
  onForgotten(): void;
}

/** Departures as one peer sees them. */
export class Departures {
  /** Ids of those who said goodbye and did not come back. */
  private readonly gone = new Set<string>();
  private leaves = false;
  private stepsDown = false;
  private deadline = Infinity;
  private readonly waiting: (() => void)[] = [];
  /** Why this peer stepped down for good. */
  resignation: LatheError | null = null;

  constructor(private readonly host: DeparturesHost) {}

  /** Ids of others who said goodbye. */
  get left(): ReadonlySet<string> {
    return this.gone;
  }

  /** This peer has said goodbye. */
  get leaving(): boolean {
    return this.leaves;
  }

  /** It gives up its place, whether it comes back or not: its next promise is its last. */
  get going(): boolean {
    return this.leaves || this.stepsDown;
  }

  /** Another peer said goodbye. */
  onLeave(id: string): void {
    if (this.host.links.get(id)) this.gone.add(id);
  }

  /** Another peer is back. */
  onBack(id: string): void {
    this.gone.delete(id);
  }

  /** Forgets those of whom there is nothing left to tell. */
  forget(isOver: (id: string) => boolean): void {
    for (const id of this.gone) if (isOver(id)) this.gone.delete(id);
  }

  /** Says goodbye. Resolves when the others go on, or after a while. */
  leave(reason: string): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.leaves) return;
      this.leaves = true;
      this.deadline = this.host.clock.now() + this.host.timing.leave;
      this.goodbye(reason);
    });
  }

  /** Tells all that there are links to. */
  goodbye(reason: string): void {
    this.host.links.sendTo(
      [...this.host.links.all].map(({ id }) => id),
      { type: 'leave', reason: reason.slice(0, 2_000) },
    );
  }

  /** Gives up its place: what it holds is not what the group has, or cannot get there. */
  stepDown(reason: string): void {
    if (this.going) return;
    this.stepsDown = true;
    this.deadline = this.host.clock.now() + 3 * this.host.timing.leave;
    this.host.broadcast({ type: 'leave', reason });
  }

  /** The same, and it does not come back. */
  resign(reason: string): void {
    this.resignation = new LatheError('training', `The group goes on without this peer. ${reason}`);
    this.stepDown(reason);
  }

  /** Looks after its own departure. True: that is over. */
  check(now: number): boolean {
    const { place, links } = this.host;
    if (now >= this.deadline) {
      if (this.leaves) this.host.onLeft();
      else this.host.onForgotten();
      return true;
    }
    const others = (place.view?.members ?? []).filter(({ id }) => id !== place.id);
    if (!this.leaves || !others.every(({ id }) => this.gone.has(id) || links.silent(id))) return false;
    this.host.onLeft();
    return true;
  }

  /** It is out of the group, and may come back. */
  clear(): void {
    this.stepsDown = false;
    this.deadline = Infinity;
  }

  /** The group is over for this peer: whoever waited for that need not any more. */
  end(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
