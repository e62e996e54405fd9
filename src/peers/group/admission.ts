/** The way into a group: asking, fetching the state, catching up; and noticing that it leads nowhere. */
import { LatheError } from '../../base/errors';
import type { CollectiveState } from '../../training/collective';
import type { DropReason } from '../status';
import type { Frame } from '../wire/frame';
import type { AwakeClock } from './awake-clock';
import type { Departures } from './departures';
import type { Membership } from './membership';
import type { MessageOf } from './messages';
import type { OwnModel } from './own-model';
import type { GroupParts, Timing } from './parts';
import type { PeerLinks } from './peer-links';
import type { Place } from './place';
import { StateFetch } from './state-fetch';
import type { TrainerLine } from './trainer-line';
import type { TransactionLog } from './transaction-log';
import { ANY_HASH, parametersIn } from './transaction';
import type { Point, View } from './view';

/** What admission needs of its peer. */
export interface AdmissionHost {
  readonly place: Place;
  readonly timing: Timing;
  readonly clock: AwakeClock;
  readonly links: PeerLinks;
  readonly membership: Membership;
  readonly log: TransactionLog;
  readonly trainer: TrainerLine;
  readonly fromChunks: GroupParts['fromChunks'];
  readonly departures: Departures;
  readonly model: OwnModel;
  drop(reason: DropReason): void;
  /** The parameters are those of the group at a point. */
  onState(at: Point, training: string): void;
  /** It must begin anew. */
  onFailed(): void;
  /** There is nothing left to join. */
  onDeserted(error: LatheError): void;
}

/** Least milliseconds between two `caught_up`. */
const CAUGHT_UP_PAUSE = 250;

/** The way of one peer into its group. */
export class Admission {
  private fetch: StateFetch | null = null;
  private again = false;
  /** Epoch of the view that it was in last. */
  private knownEpoch = 0;
  private askedAt = -Infinity;
  private caughtUpAt = -Infinity;
  /** Since when those in the view are in another group. */
  private elsewhereSince: number | null = null;
  /** Members of the last view that was heard of, without this peer; and since when they all have left. */
  private trainedBy = new Set<string>();
  private desertedSince: number | null = null;

  constructor(private readonly host: AdmissionHost) {}

  /** It was in the group before. */
  get rejoins(): boolean {
    return this.again;
  }

  /** There is somebody new to ask. */
  askSoon(): void {
    this.askedAt = -Infinity;
  }

  /** Asks all to be let in, where that is due. */
  ask(fingerprint: string): void {
    const { clock, timing, links } = this.host;
    const now = clock.now();
    if (now - this.askedAt < timing.join) return;
    this.askedAt = now;
    const linked = [...links.all].map(({ id }) => id);
    links.sendTo(linked, { type: 'join', epoch: this.knownEpoch, fingerprint, linked });
  }

  /** A view was installed. */
  onInstalled(view: View): void {
    const { place, model } = this.host;
    this.trainedBy = new Set(view.members.map(({ id }) => id).filter((id) => id !== place.id));
    this.elsewhereSince = null;
    const learner = view.learners.find(({ id }) => id === place.id);
    if (learner && this.fetch === null && !model.replica) this.fetchState(learner.snapshot);
  }

  private fetchState(seq: number): void {
    const { host } = this;
    const { links, place } = host;
    this.fetch = new StateFetch(seq, {
      timing: host.timing,
      clock: host.clock,
      sources: () => (place.view?.members ?? []).map(({ id }) => id).filter((id) => !links.silent(id)),
      send: (id, message) => links.send(id, message),
      fromChunks: (chunks) => host.fromChunks(chunks),
      drop: (reason) => host.drop(reason),
      takes: (state, update, at) => this.takes(state, update, at),
      onState: (at, training) => {
        this.fetch = null;
        host.onState(at, training);
      },
      onFailed: () => host.onFailed(),
    });
    this.fetch.tick();
  }

  /** Takes in a state that was fetched. @throws LatheError where it is not one, or not that of the group at this point. */
  private takes(state: CollectiveState, update: number, at: Point): void {
    const { model, membership, log } = this.host;
    const hash = model.load(state, update);
    const { base } = membership;
    const voted = at.seq === base.seq ? base.hash : (log.get(at.seq)?.settled ?? ANY_HASH);
    const same = hash === parametersIn(at.hash) && (voted === ANY_HASH || voted === at.hash);
    if (at.seq >= 0 && !same) throw new LatheError('training', 'The state that another peer gave is not the group’s.');
  }

  /** What a member says of the state. False: none is fetched. */
  onMessage(from: string, message: MessageOf<'list' | 'training' | 'no_state'>): boolean {
    const { fetch } = this;
    if (message.type === 'list') fetch?.onList(from, message);
    else if (message.type === 'training') fetch?.onTraining(from, message);
    else fetch?.onNoState(from, message);
    return fetch !== null;
  }

  /** Whether a peer is one of those whose departure would leave this one alone. */
  countsOn(id: string): boolean {
    return this.trainedBy.has(id);
  }

  /** A piece of the state. Null: it was used. */
  onFrame(from: string, frame: Frame): DropReason | null {
    return this.fetch ? this.fetch.onFrame(from, frame) : 'stale';
  }

  /** Brings a learner on. */
  tick(): void {
    this.fetch?.tick();
  }

  /** Tells the coordinator where it stands: one that is behind is let catch up. */
  tellCaughtUp({ epoch, members }: View): void {
    const { clock, model, links, log } = this.host;
    const now = clock.now();
    if (!model.replica || now - this.caughtUpAt < CAUGHT_UP_PAUSE) return;
    this.caughtUpAt = now;
    links.send(members[0].id, { type: 'caught_up', epoch, at: log.committed });
  }

  /** Looks whether the way still leads somewhere, for one that is no member. */
  check(now: number): void {
    if (this.deserted(now)) {
      this.host.onDeserted(
        new LatheError('training', 'The run is over: everyone who trained left before this peer had joined them.'),
      );
      return;
    }
    const { view } = this.host.place;
    if (view && (this.stuck(view, now) || this.host.log.backlogTooLong)) this.host.onFailed();
  }

  /** Everyone who trained said goodbye while this peer was on its way in. */
  private deserted(now: number): boolean {
    const { place, links, departures, trainer, log, timing } = this.host;
    const { view } = place;
    const { left } = departures;
    const linked = [...links.all].filter(({ id }) => !left.has(id) && !links.silent(id));
    if (!view && !this.again) for (const { id, epoch } of linked) if (epoch > 0) this.trainedBy.add(id);
    const goesOn = linked.some(({ epoch }) => epoch > (view?.epoch ?? 0));
    // A trainer that lags behind what is committed here may still come to the end by itself.
    const busy = trainer.present && trainer.entered <= log.committed.seq;
    // One that is there, and in no group any more, is on its way back itself.
    const gone = (id: string): boolean => left.has(id) || links.inNoGroup(id);
    const deserted = this.trainedBy.size > 0 && [...this.trainedBy].every(gone) && !goesOn && !busy;
    this.desertedSince = deserted ? (this.desertedSince ?? now) : null;
    return this.desertedSince !== null && now - this.desertedSince >= timing.leave;
  }

  /** A learner does not get on. */
  private stuck(view: View, now: number): boolean {
    const { links, timing, model, log, membership } = this.host;
    const { fetch, join } = timing;
    const members = view.members.filter(({ id }) => !links.silent(id));
    const elsewhere = members.every(({ id }) => (links.get(id)?.epoch ?? 0) < view.epoch);
    this.elsewhereSince = elsewhere ? (this.elsewhereSince ?? now) : null;
    if (this.elsewhereSince !== null && now - this.elsewhereSince > fetch / 2) return true;
    const behind = model.replica ? log.behind(view, membership.base) : null;
    return behind !== null && now - behind.since > (behind.lost ? join : fetch);
  }

  /** This peer is out of the group, or gives up its way into it, and asks anew after a while. */
  restart(): void {
    this.again = true;
    this.knownEpoch = Math.max(this.knownEpoch, this.host.place.promised);
    this.askedAt = this.host.clock.now();
  }

  /** Lets go of everything that belongs to the group. */
  clear(): void {
    this.fetch?.cancel();
    this.fetch = null;
    this.elsewhereSince = null;
  }
}
