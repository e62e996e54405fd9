/** When the own trainer starts, and from where: with the group, or after its device was lost. */
import { LatheError } from '../../base/errors';
import type { CollectiveState } from '../../training/collective';
import type { AwakeClock } from './awake-clock';
import type { Membership } from './membership';
import type { Message, MessageOf } from './messages';
import type { OwnModel } from './own-model';
import type { Timing } from './parts';
import type { PeerLinks } from './peer-links';
import type { Place } from './place';
import type { TrainerLine } from './trainer-line';
import type { TransactionLog } from './transaction-log';

/** What starts need of their peer. */
export interface StartsHost {
  readonly place: Place;
  readonly timing: Timing;
  readonly clock: AwakeClock;
  readonly links: PeerLinks;
  readonly membership: Membership;
  readonly log: TransactionLog;
  readonly trainer: TrainerLine;
  readonly model: OwnModel;
  readonly coordinator: { readonly coordinates: boolean };
  broadcast(message: Message): void;
  /** The trainer was started. */
  onStarted(): void;
  /** Nobody else is left, and nobody knows how training stands: a group of one goes on where the trainer does. */
  onAlone(): void;
  /** The trainer stayed away too long. */
  onLost(error: LatheError): void;
}

/** A trainer that came back: the training state after `target` is wanted from another member. */
interface Restart {
  target: number;
  askedAt: number;
  turn: number;
  /** Since when no member has a trainer. */
  aloneSince: number | null;
  state: { state: CollectiveState; tag: string } | null;
  training: string | null;
}

/** The starts of one peer's trainers, one after another. */
export class TrainerStarts {
  private first: { training: string; joined: boolean } | null = null;
  private restart: Restart | null = null;
  private goneAt: number | null = null;

  constructor(private readonly host: StartsHost) {}

  /** The parameters are there: the trainer starts with this training state once the group is complete. */
  prepare(training: string, joined: boolean): void {
    this.first = { training, joined };
    this.tryStart();
  }

  /** Starts it, where the group is complete. */
  tryStart(): void {
    const { place, trainer, log } = this.host;
    const { replica } = this.host.model;
    if (!this.first || !place.view?.begun || !replica) return;
    const { training, joined } = this.first;
    this.first = null;
    this.goneAt = null;
    trainer.start({ state: replica.state(), training, joined }, log.committed.seq + 1, replica.hash);
    this.host.onStarted();
  }

  /** The trainer is gone; it may come back. */
  onGone(): void {
    this.goneAt = this.host.clock.now();
  }

  /** Another trainer is there in its place. */
  onBack(): void {
    if (this.host.model.replica && !this.first) this.restart = this.begun(0);
  }

  private begun(turn: number): Restart {
    // Nobody can commit the transaction after next without the vote of this member, which asks before it votes.
    const target = this.host.log.committed.seq + 2;
    return { target, askedAt: -Infinity, turn, aloneSince: null, state: null, training: null };
  }

  /** Brings a start on that waits for others. */
  tick(): void {
    const { restart, host } = this;
    const { membership, timing, log, place } = host;
    const { view } = place;
    if (!restart || !host.model.replica || !view) return;
    const now = host.clock.now();
    const others = view.members.map(({ id }) => id).filter((id) => id !== place.id);
    const trained = view.members.some(({ member }) => membership.trainers.get(member));
    restart.aloneSince = trained ? null : (restart.aloneSince ?? now);
    if (place.isMember && others.length === 0) {
      host.onAlone();
      return;
    }
    if (restart.aloneSince !== null && now - restart.aloneSince > 2 * timing.fetch && host.coordinator.coordinates) {
      restart.aloneSince = now;
      host.broadcast({ type: 'dissolve' });
    }
    if (others.length === 0) return;
    if (restart.askedAt === -Infinity) {
      restart.askedAt = now;
      host.links.send(others[restart.turn % others.length], { type: 'ask_training', seq: restart.target });
    } else if (log.committed.seq >= restart.target && now - restart.askedAt >= timing.fetch) {
      this.restart = { ...this.begun(restart.turn + 1), aloneSince: restart.aloneSince };
    }
  }

  /** A transaction was committed. */
  onCommitted(seq: number): void {
    const { restart } = this;
    const { model, trainer } = this.host;
    const { replica } = model;
    if (restart?.target !== seq || !replica) return;
    restart.state = { state: replica.state(), tag: replica.hash };
    trainer.expect(seq + 1);
    this.finish(restart);
  }

  /** A member tells its training state. False: it is not waited for. */
  onTraining({ seq, training }: MessageOf<'training'>): boolean {
    const { restart } = this;
    if (restart?.target !== seq) return false;
    restart.training = training;
    this.finish(restart);
    return true;
  }

  private finish({ state: copy, training, target }: Restart): void {
    if (!copy || training === null) return;
    this.restart = null;
    this.goneAt = null;
    this.host.trainer.start({ state: copy.state, training, joined: true }, target + 1, copy.tag);
    this.host.onStarted();
  }

  /** Looks whether the trainer stays away too long. True: it does. */
  check(now: number): boolean {
    if (this.goneAt === null || now - this.goneAt <= this.host.timing.trainer) return false;
    this.host.onLost(new LatheError('training', 'The trainer of this peer did not come back, so it left the group.'));
    return true;
  }

  /** Lets go of everything that belongs to the group. */
  clear(): void {
    this.first = null;
    this.restart = null;
  }
}
