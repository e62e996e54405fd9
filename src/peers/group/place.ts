/** The place of one peer in its group: the view that is installed here, and what was promised. */
import { numberOf, type View } from './view';

/** Read by all parts of a peer; only its membership changes it. */
export class Place {
  /** The view that is installed; null: none is. */
  view: View | null = null;
  /** Highest epoch that was promised. */
  promised = 0;

  /** @param id Of this peer. */
  constructor(readonly id: string) {}

  /** The own number, of a member or a learner; null: this peer is neither. */
  get me(): number | null {
    return this.view ? numberOf(this.view, this.id) : null;
  }

  /** Whether this peer takes part. */
  get isMember(): boolean {
    return this.view?.members.some(({ id }) => id === this.id) ?? false;
  }

  /** The own number as a member; null: it is none. */
  get member(): number | null {
    return this.isMember ? this.me : null;
  }

  /** Whether this peer is a member, and the first of them, who coordinates. */
  get isFirst(): boolean {
    return this.view?.members[0]?.id === this.id;
  }

  /** A later view was promised: nothing is voted for in this one. */
  get promisedAway(): boolean {
    return this.view !== null && this.promised > this.view.epoch;
  }

  /** Ids of all in the view but this peer. */
  get others(): string[] {
    const { view } = this;
    return view ? [...view.members, ...view.learners].map(({ id }) => id).filter((id) => id !== this.id) : [];
  }
}
