/**
 * A group as one of its peers runs it: founds it or joins it, brings the own trainer's work into it, and keeps the
 * parameters that are the same at all of its members. See `view-change.ts` for the protocol of membership and
 * `transaction-log.ts` for that of transactions.
 *
 * One engine, driven by what arrives and by one timer; whatever waits has a deadline that the timer looks after. This is its
 * face to the room, and its clock; the parts are put together in `assembly.ts`, and what follows for the others from what one
 * of them tells is in `lifecycle.ts`.
 */
import { LatheError } from '../../base/errors';
import type { DropReason, GroupStatus } from '../status';
import type { TrainerMessage } from '../trainer-port';
import type { Link } from '../transport/link';
import { Phase, readFrame } from '../wire/frame';
import { assemble, TICKS_PER_BEAT, type PeerParts } from './assembly';
import { groupStatus, waitingFor } from './group-status';
import { Lifecycle } from './lifecycle';
import type { Message } from './messages';
import type { GroupOptions, PeerHello } from './parts';
import type { PeerLink } from './peer-links';
import { numbersOf } from './view';

/** One peer of a group. */
export class Group {
  private readonly options: GroupOptions;
  private readonly parts: PeerParts;
  private readonly life: Lifecycle;
  private beatAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** The group is over for this peer, which saw this last. */
  private last: GroupStatus | null = null;

  constructor(options: GroupOptions) {
    this.options = options;
    this.parts = assemble(options, {
      onMessage: (from, message) => this.onMessage(from, message),
      onFrame: (from, frame) => this.onFrame(from, frame),
      onInstalled: () => this.life.onInstalled(),
      onActive: () => this.life.onActive(),
      onCommitted: (tx, committed) => this.life.onCommitted(tx, committed),
      onState: (at, training) => {
        this.life.onState(at, training);
        this.tick();
      },
      onTrainer: () => this.life.onTrainer(),
      onAlone: () => this.life.onAlone(),
      onOut: (reason) => this.life.onOut(reason),
      onBegunAnew: () => this.life.joinAnew(),
      onEnd: (error) => this.end(error),
    });
    this.life = new Lifecycle({ parts: this.parts, options, end: (error) => this.end(error) });
  }

  // What the room does.

  /** Founds the group, once the trainer has started. */
  found(): void {
    this.life.begin('found');
    this.schedule();
  }

  /** Joins the group of those that there are links to, once the trainer has started. */
  join(): void {
    this.life.begin('join');
    this.schedule();
  }

  /** A link to another peer whose identity was proved. A newer one to the same peer takes the place of the old one. */
  addLink(id: string, hello: PeerHello, link: Link): void {
    if (this.last) {
      link.close('The group is over.');
      return;
    }
    this.parts.clock.wake();
    this.parts.links.add(id, hello, link);
    this.parts.admission.askSoon();
    // It is told at once whether there is a group here.
    this.beatAt = -Infinity;
    this.tick();
  }

  /** Something arrived elsewhere that was not used: a peer that could not prove itself. */
  countDrop(reason: DropReason): void {
    this.parts.tally.drop(reason);
  }

  /** The trainer's device or thread was lost. It is dealt nothing until it starts again. */
  trainerGone(): void {
    this.life.onTrainerGone();
  }

  /** Says goodbye: the others go on. Resolves when they do, or after a while. */
  leave(reason: string): Promise<void> {
    if (this.last) return Promise.resolve();
    const { clock, departures } = this.parts;
    clock.wake();
    if (!departures.leaving) this.life.reason = reason;
    const left = departures.leave(reason);
    this.tick();
    return left;
  }

  /** Resolves once this peer is a member of a group that is complete. @throws LatheError where that is over before. */
  complete(): Promise<void> {
    const { isMember, view } = this.parts.place;
    if (this.last && !(isMember && view?.begun)) return Promise.reject(this.ending());
    return this.life.complete();
  }

  /** See `ProcessGroup.allGather`. */
  gather(numbers: number[]): Promise<number[][]> {
    return this.parts.collectives.gather(numbers);
  }

  /** Numbers of the members, rising; the own place among them is the rank. */
  get members(): number[] {
    const { view } = this.parts.place;
    return view ? numbersOf(view) : [];
  }

  /** The own member number; null while it is none. */
  get member(): number | null {
    return this.parts.place.member;
  }

  /** The group as this peer sees it; as it saw it last, where it is over. */
  status(): GroupStatus {
    const { parts, options, life } = this;
    return (
      this.last ??
      groupStatus({
        ...parts,
        options,
        committed: parts.log.committed.seq + 1,
        phase: life.phase,
        reason: life.reason,
        left: parts.departures.left,
      })
    );
  }

  // What arrives.

  /** A message of the own trainer. */
  receive(message: TrainerMessage): void {
    if (this.last) return;
    const { clock, log, trainer, reports, server, model } = this.parts;
    clock.wake();
    switch (message.type) {
      case 'start':
        this.life.onStart(message.setup).then(
          () => this.tick(),
          (thrown: unknown) => this.end(LatheError.from(thrown, 'training')),
        );
        break;
      case 'enter':
        if (trainer.enter(message.seq, message.transaction)) {
          reports.entered();
          log.entered(message.seq);
        }
        break;
      case 'bucket':
      case 'item':
        log.onComputed(message);
        break;
      case 'training_state':
        server.keepTraining(message.seq, message.training);
        break;
      case 'snapshot':
        model.snapshot(message.ticket, message.after);
        break;
      case 'stop':
        reports.stop();
        break;
      case 'leave':
        void this.leave(message.reason);
        break;
      case 'failed':
        this.trainerGone();
        break;
    }
    this.tick();
  }

  private onMessage(from: PeerLink, message: Message): void {
    if (this.last) return;
    this.parts.dispatch.message(from.id, message);
    this.parts.coordinator.steer();
    this.followUp();
  }

  private onFrame(from: PeerLink, bytes: Uint8Array): void {
    if (this.last) return;
    const { tally, admission, membership, log, coordinator } = this.parts;
    const frame = readFrame(bytes);
    if (typeof frame === 'string') {
      tally.drop(frame);
      return;
    }
    if (frame.phase === Phase.state) {
      const reason = admission.onFrame(from.id, frame);
      if (reason) tally.drop(reason);
      return;
    }
    if (!membership.mayBe(frame.epoch)) {
      tally.drop('malformed');
      return;
    }
    log.onFrame(from.id, frame);
    coordinator.steer();
    this.followUp();
  }

  // Time.

  private schedule(): void {
    if (this.last || this.timer !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.tick();
      this.schedule();
    }, this.parts.timing.heartbeat / TICKS_PER_BEAT);
  }

  /** Looks after every deadline. */
  private tick(): void {
    this.parts.clock.wake();
    if (this.last || !this.life.begun) return;
    const { clock, timing, links, place, log, coordinator, membership, starts, admission } = this.parts;
    const now = clock.now();
    if (now - this.beatAt >= timing.heartbeat) {
      this.beatAt = now;
      links.beat(place.view?.epoch ?? 0, log.progress, coordinator.suspects());
    }
    membership.tick();
    coordinator.steer();
    starts.tick();
    admission.tick();
    this.followUp();
    if (!this.isOver()) this.checkDeadlines(now);
  }

  /** What this peer has to say after something changed. */
  private followUp(): void {
    if (this.isOver()) return;
    const { place, reports, admission } = this.parts;
    const { view, isMember } = place;
    if (view && isMember) reports.tick();
    else if (view) admission.tellCaughtUp(view);
    else this.life.ask();
  }

  private checkDeadlines(now: number): void {
    const { departures, place, membership, starts, admission } = this.parts;
    const { waitMs, worldSize } = this.options;
    if (departures.check(now)) return;
    if (this.life.waitedTooLong(now)) {
      this.end(new LatheError('training', waitingFor(place.view, worldSize, 'came')));
      return;
    }
    if (membership.lonely && now - membership.lonelySince > waitMs) {
      this.end(new LatheError('training', 'The rest of the group stayed out of reach, so this peer gave up.'));
      return;
    }
    if (starts.check(now)) return;
    if (this.life.isStale(now)) this.life.onOut('it did not hear of the change');
    else if (!place.isMember) admission.check(now);
  }

  // The end.

  /** Parts may end it while they are called. */
  private isOver(): boolean {
    return this.last !== null;
  }

  private end(error: LatheError | null): void {
    if (this.last) return;
    const { life, parts, options } = this;
    life.reason = error?.message ?? life.reason;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.last = { ...this.status(), phase: 'over', reason: life.reason };
    if (!parts.departures.leaving) parts.departures.goodbye(error?.message ?? '');
    parts.admission.clear();
    parts.links.release();
    const ended = error ?? this.ending();
    options.toTrainer({ type: 'ended', error: ended.toJSON() }, []);
    options.onEnd?.(error);
    parts.collectives.reset(ended.message);
    life.end(ended);
    parts.departures.end();
  }

  private ending(): LatheError {
    return new LatheError('training', this.life.reason ?? 'This peer left the group.');
  }
}
