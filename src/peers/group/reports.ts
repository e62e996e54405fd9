/** What a member has to tell its coordinator: that the end is wanted, and what its trainer makes of the next transaction. */
import type { AwakeClock } from './awake-clock';
import type { Coordinator } from './coordinator';
import type { Membership } from './membership';
import type { PeerLinks } from './peer-links';
import type { Place } from './place';
import type { TrainerLine } from './trainer-line';
import type { TransactionLog } from './transaction-log';

/** What reports need of their peer. */
export interface ReportsHost {
  readonly clock: AwakeClock;
  readonly place: Place;
  readonly links: PeerLinks;
  readonly log: TransactionLog;
  readonly trainer: TrainerLine;
  readonly membership: Membership;
  readonly coordinator: Coordinator;
}

/** Milliseconds after which other members tell the coordinator what the next transaction is. */
const ENTERED_PATIENCE = 250;

/** The reports of one member. */
export class Reports {
  private stopWanted = false;
  /** Epoch of the view whose coordinator was told. */
  private stopTold = -1;
  private enteredAt = 0;
  /** Transaction and epoch of the last such report. */
  private enteredTold: { seq: number; epoch: number } | null = null;

  constructor(private readonly host: ReportsHost) {}

  /** The own trainer asks for the end of the run, for all. */
  stop(): void {
    this.stopWanted = true;
    this.stopTold = -1;
  }

  /** The own trainer is at another transaction. */
  entered(): void {
    this.enteredAt = this.host.clock.now();
  }

  /** A transaction was committed; `stop`: it was the last one. */
  onCommitted(stop: boolean): void {
    if (stop) this.stopWanted = false;
  }

  /** A view was installed: its coordinator has heard nothing yet. */
  onInstalled(): void {
    this.stopTold = -1;
  }

  /** Tells what is due. */
  tick(): void {
    const { place, links, coordinator } = this.host;
    const { view, isMember } = place;
    if (!view || !isMember) return;
    if (this.stopWanted && this.stopTold !== view.epoch) {
      this.stopTold = view.epoch;
      if (place.isFirst) coordinator.onStop();
      else links.send(view.members[0].id, { type: 'stop' });
    }
    if (!place.isFirst) this.tellEntered(view.epoch, view.members[0]);
  }

  private tellEntered(epoch: number, coordinator: { id: string; member: number }): void {
    const { trainer, clock, membership, log, links } = this.host;
    const { entered: seq } = trainer;
    const transaction = trainer.present ? trainer.transaction(seq) : null;
    if (!transaction || seq <= log.committed.seq || log.get(seq)?.proposal) return;
    if (this.enteredTold?.seq === seq && this.enteredTold.epoch === epoch) return;
    const late = clock.now() - this.enteredAt >= ENTERED_PATIENCE;
    if (!late && membership.trainers.get(coordinator.member) !== false) return;
    this.enteredTold = { seq, epoch };
    links.send(coordinator.id, { type: 'entered', seq, transaction });
  }
}
