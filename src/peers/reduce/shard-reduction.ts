/**
 * Sums vectors over members by shards: everyone sends each shard to its owner, which sums in a fixed order and sends the sum
 * to all. Owners read back what they have sent, so that all have the same bits.
 */
import type { Stream } from '../compression/codec';
import type { DropReason } from '../status';
import { Assembly } from '../wire/assembly';
import { Phase, SUM_NODE, type Frame, type Message } from '../wire/frame';
import { cutIntoShards, type Shard } from './layout';
import { sumNodes } from './tree';
import { addTo, bytesOf, floatsOf, subtractTo, sumOfSquares } from './vector-math';

/** What one contribution, over the shards that this member owns, amounts to. */
export interface ContributionNorm {
  source: number;
  /** Node of the tree of items, or `SUM_NODE`. */
  node: number;
  /** Squared norm; infinite where it is not finite. */
  squared: number;
}

export interface ShardReductionOptions {
  epoch: number;
  seq: number;
  round: number;
  me: number;
  members: readonly number[];
  learners: readonly number[];
  items: number;
  streams: readonly Stream[];
  /** By rank: the nodes that the member contributes to every stream. */
  nodes: readonly (readonly number[])[];
  send: (to: number, message: Message) => void;
  /** The sum of a stream is in its target, unless it is not finite. */
  onStream: (stream: number, finite: boolean) => void;
}

/** The own shard of a stream, before it is summed. A part that is null is not finite. */
interface Owned {
  parts: (Float32Array | null | undefined)[];
  waiting: number;
}

const NOTHING = new Uint8Array(0);
const keyOf = (source: number, node: number): number => source * 0x1_0000_0000 + node;

export class ShardReduction {
  private readonly options: ShardReductionOptions;
  /** Of this member; -1: a learner. */
  private readonly rank: number;
  private readonly shards: Shard[][];
  /** What owners wait for, in the order of ranks and items. */
  private readonly expected: { source: number; node: number }[];
  private readonly expectedAt = new Map<number, number>();
  private readonly squares: Float64Array;
  /** By stream: null once it is summed, or where nothing of it is owned. */
  private readonly owned: (Owned | null)[];
  private ownedLeft = 0;
  private readonly contributed: Set<number>[];
  /** By stream and shard: the sum is there. */
  private readonly gathered: boolean[][];
  private readonly gathersLeft: number[];
  private readonly allFinite: boolean[];
  private readonly assemblies = new Map<string, Assembly>();

  constructor(options: ShardReductionOptions) {
    this.options = options;
    const { members, streams, nodes, me } = options;
    this.rank = members.indexOf(me);
    this.shards = cutIntoShards(
      streams.map(({ target }) => target.length),
      members.length,
    );
    this.expected = nodes.flatMap((own, rank) => own.map((node) => ({ source: members[rank], node })));
    for (const [at, { source, node }] of this.expected.entries()) this.expectedAt.set(keyOf(source, node), at);
    this.squares = new Float64Array(this.expected.length);
    this.owned = this.shards.map((shards) => {
      if (this.rank < 0 || shards[this.rank].start === shards[this.rank].end) return null;
      this.ownedLeft++;
      return { parts: [], waiting: this.expected.length };
    });
    this.contributed = streams.map(() => new Set<number>());
    this.gathered = this.shards.map((shards) => shards.map(({ start, end }) => start === end));
    this.gathersLeft = this.gathered.map((there) => there.filter((done) => !done).length);
    this.allFinite = streams.map(() => true);
  }

  /** The own shards of all streams are summed: `norms` is complete. */
  get reduced(): boolean {
    return this.ownedLeft === 0;
  }

  norms(): ContributionNorm[] {
    return this.expected.map(({ source, node }, at) => ({ source, node, squared: this.squares[at] }));
  }

  /** Sends own numbers of a stream to the owners of its shards; null: they are not finite. Once a stream and node. */
  contribute(stream: number, node: number, values: Float32Array | null): void {
    if (this.contributed[stream].has(node)) return;
    this.contributed[stream].add(node);
    const { format, residual } = this.options.streams[stream];
    const usable = values && sumOfSquares(values) < format.limit ** 2 ? values : null;
    for (const [rank, { start, end }] of this.shards[stream].entries()) {
      if (rank === this.rank || start === end) continue;
      let payload: Uint8Array = NOTHING;
      if (usable) {
        const part = usable.subarray(start, end);
        payload = this.encode(stream, part);
        if (residual) this.leaveOver(stream, part, payload);
      }
      this.options.send(this.options.members[rank], this.message(Phase.reduce, stream, rank, node, payload));
    }
    const own = this.shards[stream][this.rank];
    const at = this.expectedAt.get(keyOf(this.options.me, node));
    if (own.start < own.end && at !== undefined) {
      const part = usable ? usable.subarray(own.start, own.end) : null;
      this.take(stream, at, part, part ? sumOfSquares(part) : Infinity);
    }
  }

  /** A frame of this exchange from the link to `from`. Null: it was used. */
  receive(from: number, frame: Frame): DropReason | null {
    const { epoch, seq, round, members, me } = this.options;
    if (frame.source !== from || from === me || !members.includes(from)) return 'stranger';
    if (frame.epoch !== epoch || frame.seq !== seq || frame.round !== round) return 'stale';
    if (frame.bucket >= this.shards.length || frame.shard >= members.length) return 'malformed';
    const { start, end } = this.shards[frame.bucket][frame.shard];
    if (start === end) return 'malformed';
    if (frame.total !== 0 && frame.total !== this.options.streams[frame.bucket].format.bytes(end - start)) {
      return 'length';
    }
    switch (frame.phase) {
      case Phase.reduce:
        return this.receiveContribution(frame, end - start);
      case Phase.gather:
        return this.receiveSum(frame);
      case Phase.state:
        return 'malformed';
    }
  }

  private receiveContribution(frame: Frame, length: number): DropReason | null {
    const at = this.expectedAt.get(keyOf(frame.source, frame.node));
    if (frame.shard !== this.rank || at === undefined) return 'malformed';
    const { bucket } = frame;
    const owned = this.owned[bucket];
    if (!owned || owned.parts[at] !== undefined) return 'replayed';
    const key = `r${bucket}.${at}`;
    if (frame.total === 0) {
      this.assemblies.delete(key);
      this.take(bucket, at, null, Infinity);
      return null;
    }
    const assembly = this.assemblyOf(key, () => new Uint8Array(frame.total));
    if (!assembly.add(frame)) return 'replayed';
    if (!assembly.complete) return null;
    this.assemblies.delete(key);
    const { format } = this.options.streams[bucket];
    let values: Float32Array;
    if (format.plain) values = floatsOf(assembly.bytes);
    else {
      values = new Float32Array(length);
      format.decode(assembly.bytes, values);
    }
    const squared = sumOfSquares(values);
    if (!Number.isFinite(squared)) return 'not_finite';
    this.take(bucket, at, values, squared);
    return null;
  }

  private receiveSum(frame: Frame): DropReason | null {
    const { bucket, shard } = frame;
    if (frame.source !== this.options.members[shard]) return 'stranger';
    if (this.gathered[bucket][shard]) return 'replayed';
    const key = `g${bucket}.${shard}`;
    if (frame.total === 0) {
      this.assemblies.delete(key);
      this.gather(bucket, shard, false);
      return null;
    }
    const { format, target } = this.options.streams[bucket];
    const { start, end } = this.shards[bucket][shard];
    const into = target.subarray(start, end);
    const assembly = this.assemblyOf(key, () => (format.plain ? bytesOf(into) : new Uint8Array(frame.total)));
    if (!assembly.add(frame)) return 'replayed';
    if (!assembly.complete) return null;
    this.assemblies.delete(key);
    if (!format.plain) format.decode(assembly.bytes, into);
    if (!Number.isFinite(sumOfSquares(into))) return 'not_finite';
    this.gather(bucket, shard, true);
    return null;
  }

  private assemblyOf(key: string, bytes: () => Uint8Array): Assembly {
    let assembly = this.assemblies.get(key);
    if (!assembly) {
      assembly = new Assembly(bytes());
      this.assemblies.set(key, assembly);
    }
    return assembly;
  }

  /** A contribution to the own shard is there. */
  private take(stream: number, at: number, part: Float32Array | null, squared: number): void {
    const owned = this.owned[stream];
    if (!owned || owned.parts[at] !== undefined) return;
    owned.parts[at] = part;
    owned.waiting--;
    this.squares[at] += squared;
    if (owned.waiting === 0) this.reduce(stream, owned.parts);
  }

  /** Sums the own shard, and sends the sum to all. */
  private reduce(stream: number, parts: readonly (Float32Array | null | undefined)[]): void {
    this.owned[stream] = null;
    this.ownedLeft--;
    const { members, learners, me, streams } = this.options;
    const { format, target, residual } = streams[stream];
    const { start, end } = this.shards[stream][this.rank];
    const left = residual?.subarray(start, end) ?? null;
    const sum = this.sum(parts, end - start, left);
    const finite = sum !== null && sumOfSquares(sum) < format.limit ** 2;
    let payload: Uint8Array = NOTHING;
    if (finite) {
      payload = this.encode(stream, sum);
      const into = target.subarray(start, end);
      format.decode(payload, into);
      if (left) subtractTo(left, sum, into);
    }
    const message = this.message(Phase.gather, stream, this.rank, SUM_NODE, payload);
    for (const to of [...members, ...learners]) if (to !== me) this.options.send(to, message);
    this.gather(stream, this.rank, finite);
  }

  /** In a new array, which nobody else has: it waits in queues. Null: a part is not finite. */
  private sum(
    parts: readonly (Float32Array | null | undefined)[],
    length: number,
    left: Float32Array | null,
  ): Float32Array | null {
    const vectors: Float32Array[] = [];
    for (const part of parts) {
      if (!part) return null;
      vectors.push(part);
    }
    const sum = new Float32Array(length);
    if (this.expected[0].node !== SUM_NODE) {
      const at = new Map(this.expected.map(({ node }, index) => [node, index]));
      const value = (node: number): Float32Array | undefined => {
        const index = at.get(node);
        return index === undefined ? undefined : vectors[index];
      };
      sumNodes(this.options.items, value, sum);
      return sum;
    }
    // What an owner without items left over comes first; that of one with items is in its contribution.
    if (left && this.options.nodes[this.rank].length === 0) vectors.unshift(left);
    sum.set(vectors[0]);
    for (const vector of vectors.slice(1)) addTo(sum, sum, vector);
    return sum;
  }

  private gather(stream: number, shard: number, finite: boolean): void {
    this.gathered[stream][shard] = true;
    this.gathersLeft[stream]--;
    if (!finite) this.allFinite[stream] = false;
    if (this.gathersLeft[stream] === 0) this.options.onStream(stream, this.allFinite[stream]);
  }

  private encode(stream: number, values: Float32Array): Uint8Array {
    const { format } = this.options.streams[stream];
    if (format.plain) return bytesOf(values);
    const bytes = new Uint8Array(format.bytes(values.length));
    format.encode(values, bytes);
    return bytes;
  }

  /** Leaves in `values` what the bytes lose of them. */
  private leaveOver(stream: number, values: Float32Array, bytes: Uint8Array): void {
    const decoded = new Float32Array(values.length);
    this.options.streams[stream].format.decode(bytes, decoded);
    subtractTo(values, values, decoded);
  }

  private message(phase: Phase, bucket: number, shard: number, node: number, payload: Uint8Array): Message {
    const { epoch, seq, round, me } = this.options;
    return { phase, epoch, seq, round, bucket, shard, source: me, node, payload };
  }
}
