/** What the coordinator of a view decides: when the view changes, what the next transaction is, who computes what of it. */
import type { Transaction } from '../../training/collective';
import type { CodecConfig } from '../compression/codec';
import { dealAgain } from '../reduce/deal';
import type { DropReason } from '../status';
import type { AwakeClock } from './awake-clock';
import { CompressionChoice } from './compression-choice';
import type { Departures } from './departures';
import { LearnerPace } from './learner-pace';
import type { Membership } from './membership';
import type { Message, MessageOf } from './messages';
import { NormGuard, type Contribution } from './norm-guard';
import type { Timing } from './parts';
import type { PeerLinks } from './peer-links';
import type { Place } from './place';
import type { Speeds } from './speeds';
import { Stragglers } from './stragglers';
import type { TrainerLine } from './trainer-line';
import { MOST_AHEAD, type TransactionState } from './transaction';
import type { TransactionLog } from './transaction-log';
import { idOf, numbersOf, type View } from './view';

/** What the coordinator needs of its peer. */
export interface CoordinatorHost {
  readonly place: Place;
  readonly timing: Timing;
  readonly clock: AwakeClock;
  readonly links: PeerLinks;
  readonly log: TransactionLog;
  readonly membership: Membership;
  readonly trainer: TrainerLine;
  readonly speeds: Speeds;
  readonly departures: Departures;
  broadcast(message: Message): void;
  /** Something is not used, a member's gradients for example. */
  drop(reason: DropReason): void;
}

/** What a member is told whose gradients are wrong. */
const WRONG_GRADIENTS: Record<'norm' | 'not_finite', string> = {
  norm: 'Its gradients are far larger than those that others compute of the same data, so the group goes on without it. The device or its driver may be at fault: reload the page, or use another backend.',
  not_finite:
    'Its gradients are NaN or infinite, and those that others compute of the same data are not, so the group goes on without it. The device or its driver may be at fault: reload the page, or use another backend.',
};

/** The part of the coordinator, at whichever peer has it. */
export class Coordinator {
  /** Ids of those who ask to be let in, and the view that they knew when they asked. */
  private readonly asking = new Set<string>();
  private readonly leavers = new Set<string>();
  private readonly caughtUp = new Set<string>();
  private readonly entered = new Map<number, { transaction: Transaction; at: number }>();
  private readonly outcast = new Set<number>();
  /** Those who were put out and are not let in again, by id, and why. */
  private readonly banned = new Map<string, keyof typeof WRONG_GRADIENTS>();
  readonly guard = new NormGuard();
  private readonly compression = new CompressionChoice();
  private committedAt: number | null = null;
  /** Compression of the next view, where it is to be another. */
  codec: CodecConfig | null = null;
  private readonly pace: LearnerPace;
  private readonly stragglers: Stragglers;
  private dealsAgain = false;
  private lastProposed = -1;
  private stopWanted = false;

  constructor(private readonly host: CoordinatorHost) {
    this.pace = new LearnerPace(host.timing, host.clock);
    this.stragglers = new Stragglers(host);
  }

  /** Forgets the group. */
  clear(): void {
    this.asking.clear();
    this.leavers.clear();
    this.caughtUp.clear();
    this.entered.clear();
    this.outcast.clear();
    this.guard.clear();
    this.compression.clear();
    this.committedAt = null;
    this.codec = null;
    this.pace.clear();
    this.dealsAgain = false;
    this.lastProposed = -1;
  }

  /** Ids of those to be let in as learners, who can reach all members. */
  newcomers(): string[] {
    return [...this.asking].filter((id) => !this.host.links.silent(id));
  }

  /** Learners to be let go. */
  dismissed(): ReadonlySet<string> {
    const { view } = this.host.membership;
    return new Set(
      (view?.learners ?? []).map(({ id }) => id).filter((id) => this.host.links.silent(id) || this.leavers.has(id)),
    );
  }

  /** A peer asks to be let in. `print`: of what is trained here. */
  onJoin(id: string, { epoch, fingerprint, linked }: MessageOf<'join'>, print: string): void {
    const { view } = this.host.membership;
    // Whoever lost its place without a word asks for another: the others go on without it first.
    if (view && epoch >= view.epoch && view.members.some((seat) => seat.id === id)) {
      if (!this.leavers.has(id)) this.onLeave(id);
      return;
    }
    if (!view || !this.coordinates) return;
    const banned = this.banned.get(id);
    const refusal =
      fingerprint !== print
        ? 'This peer trains another model or with another optimizer than the group: join with the group’s config.'
        : banned
          ? `This peer is not let in. ${WRONG_GRADIENTS[banned]}`
          : null;
    if (refusal !== null) {
      this.host.links.send(id, { type: 'rejected', message: refusal });
      return;
    }
    // It asked before it heard that it was let in.
    if (epoch < view.epoch && view.learners.some((seat) => seat.id === id)) return;
    const reaches = view.members.every((member) => member.id === this.host.place.id || linked.includes(member.id));
    const seated = view.members.some((seat) => seat.id === id);
    if (!seated) this.leavers.delete(id);
    if (reaches && !seated) this.asking.add(id);
    else this.asking.delete(id);
    this.steer();
  }

  /** A peer says goodbye. */
  onLeave(id: string): void {
    this.leavers.add(id);
    this.asking.delete(id);
    this.host.membership.onLeave(id);
    this.steer();
  }

  /** It said that it leaves, and does not. */
  onStays(id: string): void {
    this.leavers.delete(id);
  }

  /** A learner that has the state stands after the transaction `seq`. */
  onCaughtUp(id: string, member: number, seq: number): void {
    const atHead = seq >= this.host.log.committed.seq;
    this.pace.stands(member, atHead);
    if (atHead) this.caughtUp.add(id);
    this.steer();
  }

  /** The trainer of another member is at a transaction that was not proposed yet. */
  onEntered({ seq, transaction }: MessageOf<'entered'>): void {
    const ahead = seq - this.host.log.committed.seq;
    if (ahead > MOST_AHEAD) this.host.drop('malformed');
    // All members may say it.
    if (ahead < 1 || ahead > MOST_AHEAD || this.entered.has(seq)) return;
    this.entered.set(seq, { transaction, at: this.host.clock.now() });
    this.steer();
  }

  /** Somebody asks for the end. */
  onStop(): void {
    this.stopWanted = true;
  }

  /** A member lost its trainer: what it had not done must be dealt again. */
  onTrainerGone(member: number): void {
    for (const seq of [this.host.log.committed.seq + 1, this.host.log.committed.seq + 2]) {
      const tx = this.host.log.get(seq);
      if (tx?.itemsOf(member).some((item) => !tx.results.has(item))) this.dealsAgain = true;
    }
    this.steer();
  }

  /** Not all voted alike. The larger part goes on; of equal parts the one with the lowest member. */
  onMismatch(tx: TransactionState): void {
    const { view } = this.host.membership;
    if (!view) return;
    const parts = new Map<string, number[]>();
    for (const member of numbersOf(view)) {
      const hash = tx.votes.get(member) ?? '';
      parts.set(hash, [...(parts.get(hash) ?? []), member]);
    }
    // Insertion order is that of member numbers: the first of equal size has the lowest.
    const stays = [...parts.values()].reduce((a, b) => (b.length > a.length ? b : a));
    // Where nobody has a majority, nobody can say who is right: all run it again.
    if (2 * stays.length > view.members.length || (2 * stays.length === view.members.length && parts.size === 2)) {
      for (const member of numbersOf(view)) if (!stays.includes(member)) this.outcast.add(member);
    }
    this.dealsAgain = true;
    const { me } = this.host.membership;
    if (me !== null && this.outcast.delete(me))
      this.host.departures.stepDown('Its parameters are not those of the group.');
    this.steer();
  }

  /** Whether an update may be voted for; where it may not, it is dealt again, or is on its way to that. */
  mayVote(tx: TransactionState, contributions: readonly Contribution[]): boolean {
    const { membership } = this.host;
    const { view } = membership;
    if (!view) return false;
    if (this.dealsAgain && this.guard.avoided(tx.seq) !== null) return false;
    const { guard } = this;
    let found = guard.look(tx.seq, contributions);
    if (found.verdict === 'guilty') {
      this.putOut(view, found.source, found.reason);
      found = guard.look(tx.seq, contributions);
    }
    if (found.verdict !== 'suspect') return true;
    const { source } = found;
    const others = numbersOf(view).some((member) => member !== source && membership.trainers.get(member));
    if (!others) return true;
    this.dealsAgain = true;
    return false;
  }

  private putOut(view: View, member: number, reason: keyof typeof WRONG_GRADIENTS): void {
    this.host.drop(reason);
    const id = idOf(view, member);
    if (id === null) return;
    if (id === this.host.place.id) {
      this.host.departures.resign(WRONG_GRADIENTS[reason]);
      return;
    }
    this.banned.set(id, reason);
    this.outcast.add(member);
  }

  /** A view was installed. */
  onInstalled(view: View): void {
    this.dealsAgain = false;
    this.outcast.clear();
    // A view that was on its way when somebody was put out may still have that one.
    for (const { member, id } of view.members) if (this.banned.has(id)) this.outcast.add(member);
    this.codec = null;
    this.compression.clear();
    this.lastProposed = this.host.membership.base.seq;
    const seated = new Set([...view.members, ...view.learners].map(({ id }) => id));
    for (const id of this.asking) if (seated.has(id)) this.asking.delete(id);
    for (const id of this.leavers) if (!seated.has(id)) this.leavers.delete(id);
    // Who could not be taken in says so again when it stands where the group stands.
    this.caughtUp.clear();
  }

  /** A transaction was committed. */
  onCommitted(tx: TransactionState): void {
    this.entered.delete(tx.seq);
    this.measure(tx);
    this.steer();
  }

  /** Where compression follows measurements, takes one. */
  private measure({ proposal, attempts, times }: TransactionState): void {
    const { membership, links, place } = this.host;
    const { view } = membership;
    const now = this.host.clock.now();
    const before = this.committedAt;
    this.committedAt = now;
    if (!view?.adaptive || view.members.length < 2 || !place.isFirst || before === null) return;
    const { results, gathered } = times;
    // What was dealt again took longer for other reasons.
    if (proposal?.transaction.kind !== 'update' || attempts > 1 || results === null || gathered === null) return;
    const roundTrips = view.members.map(({ id }) => links.get(id)?.leastRoundTrip ?? 0);
    const measured = { step: now - before, wire: gathered - results, roundTrip: Math.max(...roundTrips) };
    this.codec ??= this.compression.next(view.codec.name, measured);
  }

  /** Members that this peer does not hear of. */
  suspects(): number[] {
    const { view } = this.host.membership;
    return (view?.members ?? [])
      .filter(({ id }) => id !== this.host.place.id && this.host.links.silent(id))
      .map(({ member }) => member);
  }

  /** Whether this peer is the lowest member that it believes alive. */
  get coordinates(): boolean {
    const { membership, place, departures } = this.host;
    const { view } = membership;
    if (!view || !place.isMember || departures.going) return false;
    const first = view.members.find(
      ({ id }) => id === this.host.place.id || (!this.host.links.silent(id) && !this.leavers.has(id)),
    );
    return first?.id === this.host.place.id;
  }

  /** Whoever asked for the last promise is gone, or goes. */
  private get promisedInVain(): boolean {
    const { membership, links, place } = this.host;
    const { promisedTo } = membership;
    return (
      promisedTo === null || (promisedTo !== place.id && (links.silent(promisedTo) || this.leavers.has(promisedTo)))
    );
  }

  /** Does whatever is due. Cheap where nothing is. */
  steer(): void {
    const { membership, place, timing, departures } = this.host;
    const { view, me } = membership;
    const now = this.host.clock.now();
    if (
      !view ||
      me === null ||
      !place.isMember ||
      departures.going ||
      membership.attempt ||
      now < membership.pausedUntil
    )
      return;
    if (place.promisedAway) {
      // Whoever asked for the promise may have died since: after a while the others try, one after the other.
      const rank = numbersOf(view).indexOf(me);
      const patience = timing.promise * (4 + rank / 2);
      if (membership.lonely || now - membership.promisedAt > patience || (this.promisedInVain && this.coordinates))
        membership.propose(this.conflicts(view), new Set());
      return;
    }
    if (!this.coordinates) return;
    this.checkLate(view);
    const excluded = new Set([...this.outcast, ...this.conflicts(view)]);
    const unfinished = !membership.active && now - membership.installedAt > 4 * timing.promise;
    const leavers = view.members.some(({ id }) => this.leavers.has(id));
    if (this.suspects().length > 0 || excluded.size > 0 || this.dealsAgain || leavers || unfinished) {
      membership.propose(excluded, new Set());
      return;
    }
    const promoted = new Set(view.learners.filter(({ id }) => this.caughtUp.has(id)).map(({ member }) => member));
    if (this.newcomers().length > 0 || promoted.size > 0 || this.dismissed().size > 0 || this.codec) {
      // Between two transactions, so that nothing is done twice.
      if (membership.active && !this.host.log.head?.proposal) membership.propose(excluded, promoted);
      return;
    }
    if (this.pace.holds(view, this.host.links)) return;
    while (this.proposeNext(view));
  }

  /** Members that do not hear of each other: of each pair the later one is left out. */
  private conflicts(view: View): Set<number> {
    const { links, timing } = this.host;
    const now = this.host.clock.now();
    const out = new Set<number>();
    for (const { member, id } of view.members) {
      const peer = links.get(id);
      if (!peer || peer.suspectsSince === null || now - peer.suspectsSince < timing.silence / 2) continue;
      if (links.silent(id) || peer.epoch !== view.epoch) continue;
      for (const other of peer.suspects) {
        const otherId = idOf(view, other);
        if (otherId === null || out.has(member) || out.has(other)) continue;
        // Whom nobody hears of is taken out as silent.
        if (otherId !== this.host.place.id && links.silent(otherId)) continue;
        out.add(otherId === this.host.place.id ? member : Math.max(member, other));
      }
    }
    return out;
  }

  private proposeNext(view: View): boolean {
    const { log, membership, trainer, speeds } = this.host;
    if (!view.begun) return false;
    const seq = Math.max(this.lastProposed, log.committed.seq) + 1;
    if (seq > log.committed.seq + 2 || (seq === log.committed.seq + 2 && !log.head?.outcome)) return false;
    const members = numbersOf(view);
    const avoided = this.guard.avoided(seq);
    const present = (member: number): boolean => membership.trainers.get(member) ?? false;
    if (!members.some(present)) return false;
    const another = members.some((member) => member !== avoided && present(member));
    const able = (member: number): boolean => present(member) && !(another && member === avoided);
    const seen = log.seen(seq);
    const transaction = trainer.transaction(seq) ?? seen?.transaction ?? this.fromOthers(seq);
    if (!transaction) return false;
    const held = new Array<number | null>(transaction.items).fill(null);
    for (const entry of membership.held) {
      if (entry.seq === seq && members.includes(entry.member) && !(another && entry.member === avoided))
        for (const item of entry.items) held[item] ??= entry.member;
    }
    const dealt = dealAgain(held, members, speeds.shares(seq, members, able));
    const deal: [number, number][] = [];
    for (const member of dealt) {
      const last = deal.at(-1);
      if (last?.[0] === member) last[1]++;
      else deal.push([member, 1]);
    }
    // Trainers look for it where an update has landed.
    const stop = transaction.kind === 'update' && (this.stopWanted || (seen?.stop ?? false));
    if (stop) this.stopWanted = false;
    this.lastProposed = seq;
    const message: MessageOf<'proposal'> = { type: 'proposal', epoch: view.epoch, seq, transaction, deal, stop };
    this.host.broadcast(message);
    this.host.log.onProposal(message);
    return true;
  }

  /** What others say that the next transaction is, where the own trainer does not say it in time. */
  private fromOthers(seq: number): Transaction | null {
    const entered = this.entered.get(seq);
    if (!entered) return null;
    const waited = this.host.clock.now() - entered.at >= this.host.timing.late;
    return !this.host.trainer.present || waited ? entered.transaction : null;
  }

  /** Looks whether the transaction at hand takes too long. */
  private checkLate(view: View): void {
    const found = this.stragglers.look(view);
    if (!found) return;
    for (const member of found.out) this.outcast.add(member);
    const { me } = this.host.membership;
    if (me !== null && this.outcast.delete(me)) this.host.departures.stepDown('What the others sent did not reach it.');
    this.dealsAgain = true;
  }
}
