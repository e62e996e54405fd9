/** Which view a peer is in, what it has promised, and how it forms the next one. See `view-change.ts` for why it is safe. */
import { LatheError } from '../../base/errors';
import type { DropReason } from '../status';
import type { AwakeClock } from './awake-clock';
import type { Message, MessageOf } from './messages';
import type { Timing, Witness } from './parts';
import type { PeerLinks } from './peer-links';
import type { Place } from './place';
import type { TransactionLog } from './transaction-log';
import { idOf, NO_HASH, numberOf, type Learner, type Point, type Seat, type View } from './view';
import { Attempt, resolve, type Promised } from './view-change';

/** What membership needs of its peer. */
export interface MembershipHost {
  readonly place: Place;
  readonly timing: Timing;
  readonly clock: AwakeClock;
  readonly links: PeerLinks;
  readonly log: TransactionLog;
  readonly witness: Witness | null;
  readonly worldSize: number;
  /** `going`: the next promise of this peer is its last. */
  readonly departures: { readonly going: boolean };
  readonly trainer: { readonly present: boolean };
  /** Whether a learner can begin at this transaction: its training state is known here. */
  knowsTraining(seq: number): boolean;
  /** Those who wait to be let in, and learners that are to be let go. */
  newcomers(): string[];
  /** What the next view is to be compressed with; null: as before. */
  codec(): View['codec'] | null;
  dismissed(): ReadonlySet<string>;
  /** A peer made a promise that is not its last: whatever it said before, it stays. */
  onStays(id: string): void;
  onInstalled(): void;
  onActive(): void;
  /** The group goes on without this peer. */
  onOut(reason: string): void;
  drop(reason: DropReason): void;
}

/**
 * How far the number of a view may lie beyond those known here: as many tries as peers that are cut off make in days. Beyond
 * it something is wrong, and numbers would run out.
 */
const MOST_GAP = 2 ** 20;

/** Views that may be installed without one being active in between. */
const MOST_CHAIN = 60;

/** Milliseconds before a proposer that was refused tries again, and that many more for each member number. */
const REFUSED_PAUSE = 100;
const REFUSED_STEP = 50;

/** The view of one peer. */
export class Membership {
  /** Where the view begins. */
  base: Point = { seq: -1, hash: NO_HASH };
  /** All members have installed the view. */
  active = false;
  /** When a view was promised last. */
  promisedAt = 0;
  /** Id of whoever it was promised to; null: of nobody who still makes use of it. */
  promisedTo: string | null = null;
  /** When the view was installed. */
  installedAt = 0;
  attempt: Attempt | null = null;
  /** The last attempt found no quorum: most of the group is out of reach. */
  lonely = false;
  lonelySince = 0;
  /** No attempt before this time. */
  pausedUntil = 0;
  /** Whether each member has a trainer, as far as it told. */
  readonly trainers = new Map<number, boolean>();
  /** Items of transactions that members had computed when the view was formed, by its coordinator. */
  held: { member: number; seq: number; items: number[] }[] = [];
  /** Newest active view, and those installed after it. */
  private chain: View[] = [];
  private readonly installedBy = new Set<number>();
  private highest = 0;
  private resigned = false;
  /** Members that the attempt under way is to leave out. */
  private excluded: ReadonlySet<number> = new Set();

  constructor(private readonly host: MembershipHost) {}

  /** The view that is installed; null: none is. */
  get view(): View | null {
    return this.host.place.view;
  }

  /** The own number in it. */
  get me(): number | null {
    return this.host.place.me;
  }

  /** Founds a group of one; `adaptive`: the compression may change; `begun`: it does not wait for others. */
  found(group: string, codec: View['codec'], adaptive: boolean, begun: boolean): void {
    const view: View = {
      group,
      epoch: 1,
      members: [{ member: 1, id: this.host.place.id }],
      learners: [],
      next: 2,
      begun,
      codec,
      adaptive,
    };
    this.enter(view, { seq: -1, hash: NO_HASH });
  }

  /** Forgets the group. */
  leave(): void {
    this.host.place.view = null;
    this.chain = [];
    this.attempt = null;
    this.active = false;
    this.lonely = false;
    this.resigned = false;
    this.host.place.promised = 0;
    this.promisedTo = null;
    this.highest = 0;
    this.held = [];
    this.trainers.clear();
    this.installedBy.clear();
  }

  /** Tries to form the next view: without those who are silent, and without `excluded`. */
  propose(excluded: ReadonlySet<number>, promoted: ReadonlySet<number>): void {
    const { view, me } = this;
    if (!view || me === null || this.resigned || this.chain.length >= MOST_CHAIN) return;
    const epoch = Math.max(this.host.place.promised, this.highest, view.epoch) + 1;
    const reachable = (seat: Seat): boolean =>
      seat.member === me || (!excluded.has(seat.member) && !this.host.links.silent(seat.id));
    const asked = [
      ...view.members.filter(reachable),
      ...view.learners.filter((seat) => promoted.has(seat.member) && reachable(seat)),
    ].map(({ member }) => member);
    const attempt = new Attempt(epoch, new Set(asked), promoted, this.host.clock.now());
    this.attempt = attempt;
    this.excluded = excluded;
    this.promise(epoch, this.host.place.id);
    attempt.promises.set(me, this.standing(epoch));
    for (const member of asked) {
      if (member !== me) this.sendTo(member, { type: 'prepare', epoch, group: view.group });
    }
    if (attempt.complete) this.decide(attempt);
  }

  /** A member goes: its promise for an attempt under way, if it gave one, was not its last; it is asked again, and at once. */
  onLeave(id: string): void {
    const { attempt, view } = this;
    const member = view ? numberOf(view, id) : null;
    if (member === null || !view?.members.some((seat) => seat.id === id)) return;
    this.pausedUntil = 0;
    if (!attempt || attempt.claiming || attempt.promises.get(member)?.last) return;
    this.attempt = null;
    this.promisedTo = null;
  }

  /** Goes on without those who do not answer. */
  tick(): void {
    const { attempt, view } = this;
    if (!attempt || attempt.claiming || !view) return;
    const age = this.host.clock.now() - attempt.startedAt;
    if (age < this.host.timing.promise) return;
    for (const member of attempt.missing) {
      const id = idOf(view, member);
      const heard = id !== null && !this.host.links.silent(id);
      // Whoever is heard of may be busy: it gets some more time.
      if (!heard || age >= 3 * this.host.timing.promise) attempt.asked.delete(member);
    }
    if (attempt.complete) this.decide(attempt);
  }

  onPrepare(from: string, { epoch, group }: MessageOf<'prepare'>): void {
    const { view } = this;
    if (!view || this.resigned) {
      this.host.links.send(from, { type: 'refuse', epoch, promised: 0, out: false });
      return;
    }
    const { place } = this.host;
    if (epoch > Math.max(place.promised, this.highest) + MOST_GAP) {
      this.host.drop('malformed');
      return;
    }
    const stranger = view.group !== group || !view.members.some(({ id }) => id === from);
    if (stranger || epoch <= place.promised) {
      this.host.drop(stranger ? 'stranger' : 'stale');
      const out = stranger && !place.promisedAway;
      this.host.links.send(from, { type: 'refuse', epoch, promised: place.promised, out });
      return;
    }
    if (this.attempt && this.attempt.epoch < epoch) this.attempt = null;
    this.promise(epoch, from);
    this.host.links.send(from, this.standing(epoch));
    if (this.host.departures.going) this.resigned = true;
  }

  private promise(epoch: number, to: string): void {
    this.host.place.promised = epoch;
    this.promisedTo = to;
    this.promisedAt = this.host.clock.now();
  }

  /** Where this peer stands, as a promise. */
  private standing(epoch: number): Promised {
    const { log, departures } = this.host;
    return {
      type: 'promise',
      epoch,
      views: this.chain,
      base: this.base,
      committed: log.committed,
      voted: log.voted,
      prepared: log.prepared,
      held: log.held(),
      last: departures.going,
    };
  }

  onPromise(from: string, promise: Promised): void {
    const { attempt, view } = this;
    const member = view ? numberOf(view, from) : null;
    if (!attempt || member === null || promise.epoch !== attempt.epoch || !attempt.asked.has(member)) {
      this.host.drop(member === null ? 'stranger' : 'stale');
      return;
    }
    if (attempt.promises.has(member)) {
      this.host.drop('replayed');
      return;
    }
    attempt.promises.set(member, promise);
    if (!promise.last) this.host.onStays(from);
    if (attempt.complete) this.decide(attempt);
  }

  onRefuse(from: string, { epoch, promised, out }: MessageOf<'refuse'>): void {
    const { attempt, view } = this;
    const member = view ? numberOf(view, from) : null;
    if (member === null || promised > Math.max(this.host.place.promised, this.highest) + MOST_GAP) {
      this.host.drop(member === null ? 'stranger' : 'malformed');
      return;
    }
    this.highest = Math.max(this.highest, promised);
    if (attempt?.epoch !== epoch || !attempt.asked.has(member)) {
      this.host.drop('stale');
      return;
    }
    if (promised === 0) {
      attempt.asked.delete(member);
      if (attempt.complete) this.decide(attempt);
      return;
    }
    this.attempt = null;
    if (out) this.host.onOut('the others went on without it');
    else this.pausedUntil = this.host.clock.now() + REFUSED_PAUSE + REFUSED_STEP * ((this.me ?? 0) % 8);
  }

  private decide(attempt: Attempt): void {
    if (attempt.claiming) return;
    const { witness } = this.host;
    const resolution = resolve(attempt.promises, witness !== null);
    const { newest, quorums } = resolution;
    if (quorums.some(({ quorum }) => quorum === 'no')) {
      this.failed(attempt);
      return;
    }
    const ties = quorums.filter(({ quorum }) => quorum === 'tie').map(({ view }) => view);
    if (ties.length === 0 || !witness) {
      this.install(attempt, resolution);
      return;
    }
    attempt.claiming = true;
    const goers = [...attempt.promises].filter(([, { last }]) => last).map(([member]) => member);
    const claimants = [...resolution.able, ...goers].sort((a, b) => a - b);
    Promise.all(ties.map((view) => witness.claim(newest.group, view.epoch, claimants))).then(
      (granted) => {
        if (this.attempt !== attempt) return;
        if (granted.every((yes) => yes)) this.install(attempt, resolution);
        else this.failed(attempt);
      },
      // A witness out of reach grants nothing: it is asked again with the next attempt.
      () => {
        if (this.attempt === attempt) this.failed(attempt);
      },
    );
  }

  private failed(attempt: Attempt): void {
    if (this.attempt !== attempt) return;
    this.attempt = null;
    if (!this.lonely) this.lonelySince = this.host.clock.now();
    this.lonely = true;
    this.pausedUntil = this.host.clock.now() + this.host.timing.promise;
  }

  private install(attempt: Attempt, { newest, base, able }: ReturnType<typeof resolve>): void {
    const { host } = this;
    const before = this.view;
    this.attempt = null;
    const staying = able.filter((member) => !this.excluded.has(member));
    const seats = [...newest.members, ...newest.learners];
    const members = seats
      .filter(({ member }) => staying.includes(member))
      .map(({ member, id }) => ({ member, id }))
      .sort((a, b) => a.member - b.member);
    if (members.length === 0) throw new LatheError('internal', 'A view needs a member.');
    const taken = new Set(members.map(({ id }) => id));
    const dismissed = host.dismissed();
    const newcomers = host.newcomers().filter((id) => !taken.has(id));
    const snapshot = host.knowsTraining(base.seq) ? base.seq : base.seq + 1;
    const learners: Learner[] = [
      ...newest.learners.filter(({ id }) => !taken.has(id) && !dismissed.has(id) && !newcomers.includes(id)),
      ...newcomers.map((id, index) => ({ member: newest.next + index, id, snapshot })),
    ];
    const view: View = {
      group: newest.group,
      epoch: attempt.epoch,
      members,
      learners,
      next: newest.next + newcomers.length,
      begun: newest.begun || members.length >= host.worldSize,
      codec: host.codec() ?? newest.codec,
      adaptive: newest.adaptive,
    };
    this.held = [...attempt.promises].flatMap(([member, { held }]) =>
      held.map(({ seq, items }) => ({ member, seq, items })),
    );
    const told = new Set(
      [...seats, ...(before?.members ?? []), ...(before?.learners ?? []), ...view.learners].map(({ id }) => id),
    );
    told.delete(host.place.id);
    const message: MessageOf<'install'> = { type: 'install', view, base };
    host.links.sendTo(told, message);
    this.take(message);
  }

  onInstall(from: string, message: MessageOf<'install'>): void {
    const { view } = this;
    if (!message.view.members.some(({ id }) => id === from) && !(view && numberOf(view, from) !== null)) {
      this.host.drop('stranger');
      return;
    }
    // Whoever is to be a member of a view has promised it, to the one that installs it.
    const member = message.view.members.some(({ id }) => id === this.host.place.id);
    const promised = message.view.epoch === this.host.place.promised;
    if (view && (message.view.epoch <= view.epoch || (member && !promised))) this.host.drop('stale');
    else if (view && member && from !== this.promisedTo) this.host.drop('stranger');
    else this.take(message);
  }

  /** Whether there may be a view with this number, and this peer in it: a member of it has promised it. */
  mayBe(epoch: number): boolean {
    const { isMember, promised } = this.host.place;
    return !isMember || epoch <= promised;
  }

  private take({ view, base }: MessageOf<'install'>): void {
    const { host } = this;
    const before = this.view;
    const seat = numberOf(view, host.place.id);
    if (before) {
      if (view.group !== before.group || view.epoch <= before.epoch) return;
      if (this.host.place.isMember && view.epoch < this.host.place.promised) return;
      if (seat === null) {
        host.onOut('the group went on without it');
        return;
      }
    } else if (seat === null || view.members.some(({ id }) => id === host.place.id)) return;
    const member = view.members.some(({ id }) => id === host.place.id);
    const { committed, prepared } = host.log;
    const stands =
      (committed.seq === base.seq && committed.hash === base.hash) ||
      (prepared?.seq === base.seq && prepared.hash === base.hash);
    if (member && !stands) {
      host.onOut('it does not stand where the group stands');
      return;
    }
    this.enter(view, base);
  }

  private enter(view: View, base: Point): void {
    const { host } = this;
    this.host.place.view = view;
    this.base = base;
    this.active = false;
    this.lonely = false;
    this.attempt = null;
    this.installedAt = this.host.clock.now();
    this.host.place.promised = Math.max(this.host.place.promised, view.epoch);
    this.highest = Math.max(this.highest, view.epoch);
    this.chain = [...this.chain, view];
    this.installedBy.clear();
    for (const member of this.trainers.keys()) if (idOf(view, member) === null) this.trainers.delete(member);
    host.log.install(view, base);
    host.onInstalled();
    const { me } = this;
    if (!this.host.place.isMember || me === null || this.view !== view) return;
    host.links.sendTo(host.place.others, { type: 'installed', epoch: view.epoch, trainer: host.trainer.present });
    this.onInstalled(me, view.epoch, host.trainer.present);
  }

  /** A member has installed the view. */
  onInstalled(member: number, epoch: number, trainer: boolean): void {
    const { view } = this;
    if (!view || epoch !== view.epoch) {
      this.host.drop('stale');
      return;
    }
    this.trainers.set(member, trainer);
    if (this.active) return;
    this.installedBy.add(member);
    if (!view.members.every((seat) => this.installedBy.has(seat.member))) return;
    this.active = true;
    this.chain = [view];
    this.host.log.settle(this.base);
    this.host.onActive();
  }

  private sendTo(member: number, message: Message): void {
    const id = this.view ? idOf(this.view, member) : null;
    if (id !== null) this.host.links.send(id, message);
  }
}
