/** The life of one peer in its group: it founds one or is let in, follows what is committed, is put out, comes back. */
import { LatheError } from '../../base/errors';
import type { CollectiveSetup, Committed } from '../../training/collective';
import type { GroupStatus } from '../status';
import type { PeerParts } from './assembly';
import type { GroupOptions } from './parts';
import type { TransactionState } from './transaction';
import { numberOf, type Point } from './view';

/** What it needs beside the parts. */
export interface LifecycleHost {
  readonly parts: PeerParts;
  readonly options: Pick<GroupOptions, 'worldSize' | 'waitMs' | 'codec'>;
  /** The group is over for this peer; null: it left. */
  end(error: LatheError | null): void;
}

/** What follows for the parts of a peer from what one of them tells. */
export class Lifecycle {
  private mode: 'idle' | 'found' | 'join' = 'idle';
  /** Since when it waits for a group, or for a group to be complete. */
  private waitingSince = 0;
  /** Since when others are in a newer view, and nobody said that this peer is out of it. */
  private staleSince: number | null = null;
  private readonly awaiting: { resolve: () => void; reject: (error: LatheError) => void }[] = [];
  /** Why it is out, or ended. */
  reason: string | null = null;

  constructor(private readonly host: LifecycleHost) {}

  // Beginning.

  /** Whether it was told to found a group, or to join one. */
  get begun(): boolean {
    return this.mode !== 'idle';
  }

  /** Founds a group, or joins one, once the trainer has started. */
  begin(mode: 'found' | 'join'): void {
    if (this.begun) throw new LatheError('internal', 'A group is founded or joined once.');
    this.mode = mode;
    this.waitingSince = this.host.parts.clock.now();
  }

  /** The own trainer starts, for the first time or again. Resolves once it has a place here. */
  async onStart(setup: CollectiveSetup): Promise<void> {
    const { model, starts } = this.host.parts;
    const again = model.setup !== null;
    if (!model.take(setup)) {
      throw new LatheError('training', 'The trainer came back with another model than the group trains.');
    }
    if (again) {
      this.trainerAway();
      starts.onBack();
      return;
    }
    await model.create(setup);
    if (this.mode === 'found') this.found(setup, this.host.options.worldSize <= 1);
  }

  private found({ training }: CollectiveSetup, begun: boolean): void {
    const { model, tally, server, starts, membership } = this.host.parts;
    model.found();
    tally.parametersHash = model.replica?.hash ?? null;
    server.keepTraining(-1, training);
    starts.prepare(training, false);
    const group = [...crypto.getRandomValues(new Uint8Array(8))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    const { codec } = this.host.options;
    const adaptive = codec.name === 'auto';
    membership.found(group, adaptive ? { name: 'float32' } : codec, adaptive, begun);
  }

  /** A group of one whose trainer was lost goes on where the trainer that came back stands. */
  onAlone(): void {
    const { model } = this.host.parts;
    if (!model.setup) return;
    this.forget();
    model.load(model.setup.state, -1);
    this.found(model.setup, true);
  }

  /** Resolves once this peer is a member of a group that is complete. */
  complete(): Promise<void> {
    const { isMember, view } = this.host.parts.place;
    if (isMember && view?.begun) return Promise.resolve();
    return new Promise((resolve, reject) => this.awaiting.push({ resolve, reject }));
  }

  /** Asks to be let in, where that is due. */
  ask(): void {
    const { admission, departures, model } = this.host.parts;
    if (this.mode === 'join' && model.ready && !departures.leaving) admission.ask(model.print);
  }

  // The own trainer.

  /** It is gone, and is dealt nothing until it starts again. */
  onTrainerGone(): void {
    const { model, trainer, starts } = this.host.parts;
    model.trainerGone();
    if (!trainer.present) return;
    starts.onGone();
    this.trainerAway();
    this.onTrainer();
  }

  private trainerAway(): void {
    const { trainer, log, server } = this.host.parts;
    trainer.gone();
    log.forgetWork();
    server.trainerGone();
  }

  /** It was started, or is gone: the others hear of it. */
  onTrainer(): void {
    const { place, trainer, membership, links, coordinator } = this.host.parts;
    const { me } = place;
    const { present } = trainer;
    if (me === null) return;
    membership.trainers.set(me, present);
    links.sendTo(place.others, { type: 'trainer', present });
    if (!present) coordinator.onTrainerGone(me);
    coordinator.steer();
  }

  // What the group does.

  /** A view was installed here. */
  onInstalled(): void {
    const { parts } = this.host;
    const { view, isMember } = parts.place;
    const { shape } = parts.model;
    if (!view || !shape) return;
    parts.sessions.install(view, shape);
    parts.links.dropVoid(view.epoch, parts.membership.base.seq);
    parts.coordinator.onInstalled(view);
    parts.speeds.keep(new Set([...view.members, ...view.learners].map(({ member }) => member)));
    parts.collectives.reset('The members of the group changed while a call was under way: make it again.');
    if (view.begun && isMember) for (const { resolve } of this.awaiting.splice(0)) resolve();
    parts.server.prune();
    parts.reports.onInstalled();
    this.staleSince = null;
    parts.admission.onInstalled(view);
    parts.starts.tryStart();
    parts.dispatch.installed(view);
  }

  /** The view is installed everywhere. */
  onActive(): void {
    const { server, log, model } = this.host.parts;
    server.freeze(log.committed, model.replica);
  }

  /** A transaction was committed here. */
  onCommitted(tx: TransactionState, committed: Committed): void {
    const { speeds, tally, place, server, log, model, trainer, starts, reports, coordinator } = this.host.parts;
    const { seq } = tx;
    speeds.committed(tx);
    tally.committed(tx, place.view);
    server.freeze(log.committed, model.replica);
    if (server.needsTraining(seq) && trainer.needTrainingState(seq)) server.expectTraining(seq);
    model.onCommitted(seq);
    trainer.committed(seq, committed);
    starts.onCommitted(seq);
    reports.onCommitted(committed.stop);
    coordinator.onCommitted(tx);
  }

  /** The state was fetched that this peer begins with. */
  onState(at: Point, training: string): void {
    const { model, tally, server, log, starts } = this.host.parts;
    model.found();
    tally.parametersHash = model.replica?.hash ?? null;
    server.keepTraining(at.seq, training);
    log.begin(at);
    starts.prepare(training, true);
    log.advance();
  }

  // Being out.

  /** The group goes on without this peer: it joins again. */
  onOut(reason: string): void {
    if (this.host.parts.departures.leaving) {
      this.host.end(null);
      return;
    }
    this.reason = `The group went on without this peer: ${reason}.`;
    this.joinAnew();
  }

  /** Gives up what is here of the group, and asks to be let in anew. */
  joinAnew(): void {
    const { departures, place, links, admission, clock } = this.host.parts;
    if (departures.resignation) {
      this.host.end(departures.resignation);
      return;
    }
    // The others need not wait for the word of one that forgets what it knew.
    if (place.isMember && !departures.going) links.sendTo(place.others, { type: 'leave', reason: 'It joins again.' });
    admission.restart();
    this.mode = 'join';
    this.waitingSince = clock.now();
    this.forget();
  }

  /** Lets go of everything that belongs to the group. */
  private forget(): void {
    const { parts } = this.host;
    parts.admission.clear();
    parts.departures.clear();
    parts.model.leave();
    parts.sessions.clear();
    parts.starts.clear();
    parts.trainer.gone();
    parts.membership.leave();
    parts.coordinator.clear();
    parts.server.clear();
    parts.speeds.clear();
    parts.log.clear();
    parts.dispatch.clear();
    this.staleSince = null;
  }

  /** Others are in a newer view, and nobody told this peer. */
  isStale(now: number): boolean {
    const { place, links, timing } = this.host.parts;
    const { view, promisedAway } = place;
    const ahead = view
      ? [...links.all].some(({ id, epoch }) => epoch > view.epoch && numberOf(view, id) !== null)
      : false;
    this.staleSince = ahead ? (this.staleSince ?? now) : null;
    return this.staleSince !== null && now - this.staleSince > 2 * timing.silence && !promisedAway;
  }

  /** It has waited too long for a group, or for a group to be complete. */
  waitedTooLong(now: number): boolean {
    const { place, model } = this.host.parts;
    return !place.view?.begun && model.setup !== null && now - this.waitingSince > this.host.options.waitMs;
  }

  /** The group is over for this peer: nobody need wait for it to be complete. */
  end(error: LatheError): void {
    for (const { reject } of this.awaiting.splice(0)) reject(error);
  }

  /** Where this peer stands, as the page names it. */
  get phase(): GroupStatus['phase'] {
    const { place, admission, membership } = this.host.parts;
    const { view, isMember } = place;
    if (!view) {
      if (admission.rejoins) return 'alone';
      return this.mode === 'join' ? 'joining' : 'waiting';
    }
    if (!isMember) return 'joining';
    if (membership.lonely) return 'alone';
    return view.begun ? 'training' : 'waiting';
  }
}
