/** The all-reduce of one transaction at one member: own items in, the group's sum out. */
import type { Scheme } from '../compression/codec';
import type { CodecSession } from '../compression/session';
import type { DropReason } from '../status';
import { SUM_NODE, type Frame, type Message } from '../wire/frame';
import { Contributions } from './contributions';
import type { Deal } from './deal';
import { ShardReduction, type ContributionNorm } from './shard-reduction';
import { coveredBy, rootsOf } from './tree';
import { sumOfSquares } from './vector-math';

/** What an exchange is made of. */
export interface ExchangeOptions {
  epoch: number;
  seq: number;
  /** Attempt within the epoch; default 0. */
  round?: number;
  /** The own number: of a member, or of a learner, which only gathers. */
  me: number;
  /** Numbers of the members, rising; the one with rank s owns shard s of every bucket. */
  members: readonly number[];
  /** Numbers of those who only gather. */
  learners: readonly number[];
  /** Member of each item. */
  deal: Deal;
  /** Compression and its memory, of the whole run at this peer. */
  session: CodecSession;
  /** Sends a message on the bulk lane (`FrameQueue.push`); its payload is never written to again. */
  send: (to: number, message: Message) => void;
  /** What an exchange of the same transaction in an earlier epoch had. */
  carried?: Contributions | null;
  /** Where the sum goes, of the vector's length; default: a new array. */
  sum?: Float32Array;
  /** A bucket of `sum` is there, or known not to be finite. */
  onBucket?: (bucket: number) => void;
  /** All of `sum` is there, or it is known not to be finite. Called once. */
  onDone?: () => void;
}

/**
 * Synchronous and without timers: callbacks run inside `start`, `contribute`, `skipItem` and `receive`.
 *
 * An exchange of a transaction is made when the one before is over at this peer (done, or given up); frames that arrive
 * earlier wait outside. Own items may be contributed in any order.
 */
export class Exchange {
  /** Numbers of the group's sum; NaN throughout where `finite` is false. Valid once `done`. */
  readonly sum: Float32Array;
  private readonly options: ExchangeOptions;
  private readonly scheme: Scheme;
  private readonly reduction: ShardReduction;
  private readonly contributions: Contributions;
  /** Largest nodes of own items. */
  private readonly roots: readonly number[];
  /** By bucket: own roots that were given to the scheme. */
  private readonly given: Set<number>[];
  private bucketsLeft: number;
  private allFinite = true;
  /** Own numbers are not finite: what is not sent yet goes as empty messages. */
  private broken = false;
  private over = false;

  constructor(options: ExchangeOptions) {
    this.options = options;
    const { session, deal, members, me, epoch, seq } = options;
    const { shape } = session;
    const items = deal.length;
    const rootsOfMembers = members.map((member) => rootsOf(items, (item) => deal[item] === member));
    const rank = members.indexOf(me);
    this.roots = rootsOfMembers[rank] ?? [];
    this.sum = options.sum ?? new Float32Array(shape.length);
    this.contributions = options.carried ?? new Contributions(shape.buckets.length, items);
    this.contributions.keep((item) => deal[item] === me);
    this.given = shape.buckets.map(() => new Set<number>());
    this.bucketsLeft = shape.buckets.length;
    this.scheme = session.open({
      epoch,
      seq,
      member: rank >= 0,
      contributes: this.roots.length > 0,
      sum: this.sum,
    });
    this.reduction = new ShardReduction({
      epoch,
      seq,
      round: options.round ?? 0,
      me,
      members,
      learners: options.learners,
      items,
      streams: this.scheme.streams,
      nodes: rootsOfMembers.map((roots) => (session.exact || roots.length === 0 ? roots : [SUM_NODE])),
      send: options.send,
      onStream: (stream, finite) => this.finished(stream, finite),
    });
  }

  get done(): boolean {
    return this.bucketsLeft === 0;
  }

  /** No contribution was other than finite; the same at every member. Valid once `done`. */
  get finite(): boolean {
    return this.allFinite;
  }

  /** Own shards of all buckets are summed: `norms` is complete. */
  get reduced(): boolean {
    return this.reduction.reduced;
  }

  /** Squared norms of contributions to own shards, by source and node, over all buckets that were summed. */
  norms(): ContributionNorm[] {
    return this.reduction.norms();
  }

  /** Sends what was carried over. Call it once, first. */
  start(): void {
    for (const item of [...this.contributions.skipped]) this.breakOff(item);
    for (let bucket = 0; bucket < this.given.length; bucket++) this.give(bucket);
  }

  /**
   * One bucket of an own item; the array is given away. Ignored where it is there already, or the item is not (any more)
   * dealt to this member. False: a number is not finite; the item counts as skipped.
   */
  contribute(item: number, bucket: number, values: Float32Array): boolean {
    const { contributions } = this;
    if (this.over || this.options.deal[item] !== this.options.me || contributions.has(item, bucket)) return true;
    if (contributions.skipped.has(item)) return false;
    if (!Number.isFinite(sumOfSquares(values))) {
      this.skipItem(item);
      return false;
    }
    contributions.add(item, bucket, values);
    this.give(bucket);
    return true;
  }

  /**
   * An own item has numbers that are not finite: tells all, by empty messages in place of what was not sent yet, that the sum
   * is not. No effect on an item of which every bucket was contributed.
   */
  skipItem(item: number): void {
    if (this.over || this.options.deal[item] !== this.options.me || this.contributions.complete(item)) return;
    this.contributions.skipped.add(item);
    this.breakOff(item);
  }

  /** Own items of which a bucket is still missing, rising. */
  missing(): number[] {
    return this.options.deal.flatMap((member, item) =>
      member === this.options.me && !this.contributions.complete(item) ? [item] : [],
    );
  }

  /** A frame of this epoch, transaction and round from the link to member `from`. Null: it was used. */
  receive(from: number, frame: Frame): DropReason | null {
    return this.over ? 'stale' : this.reduction.receive(from, frame);
  }

  /** Ends this exchange; own contributions go to one of a later epoch. What is not dealt to this member there is dropped. */
  carryOver(): Contributions {
    this.over = true;
    return this.contributions;
  }

  /** Hands roots that are complete to the compression: one by one, or a bucket when all of it are there. */
  private give(bucket: number): void {
    const given = this.given[bucket];
    const ready = new Map<number, Float32Array>();
    for (const root of this.roots) {
      const values = given.has(root) ? undefined : this.contributions.node(bucket, root);
      if (values) ready.set(root, values);
    }
    if (ready.size === 0) return;
    if (!this.options.session.exact && (this.broken || ready.size < this.roots.length)) return;
    for (const root of ready.keys()) given.add(root);
    this.scheme.add(bucket, ready, this.contribution);
  }

  private readonly contribution = (stream: number, node: number, values: Float32Array | null): void =>
    this.reduction.contribute(stream, node, values);

  /** Sends empty messages in place of all that would have numbers of this item. */
  private breakOff(item: number): void {
    this.broken = true;
    const node = this.options.session.exact
      ? this.roots.find((root) => {
          const { start, end } = coveredBy(root, this.options.deal.length);
          return start <= item && item < end;
        })
      : SUM_NODE;
    if (node === undefined) return;
    for (let stream = 0; stream < this.scheme.streams.length; stream++) {
      this.reduction.contribute(stream, node, null);
    }
  }

  private finished(stream: number, finite: boolean): void {
    if (!finite) this.allFinite = false;
    const complete = this.scheme.finished(stream, finite, this.contribution);
    for (const bucket of complete) {
      this.bucketsLeft--;
      this.options.onBucket?.(bucket);
    }
    if (complete.length === 0 || !this.done || this.over) return;
    if (!this.allFinite) this.sum.fill(NaN);
    this.scheme.end(this.allFinite);
    this.options.onDone?.();
  }
}
