/** Groups in one process: peers over a network in memory, with trainers whose gradients follow from weights and items. */
import { expect } from 'vitest';
import type { LatheError } from '../../../src/base/errors';
import { Group } from '../../../src/peers/group/group';
import type { GroupOptions, GroupParts } from '../../../src/peers/group/parts';
import type { Link } from '../../../src/peers/transport/link';
import { MemoryNetwork, type NetworkConditions } from '../../../src/peers/transport/memory-network';
import type { PeerMessage } from '../../../src/peers/trainer-port';
import type { CollectiveSetup, Committed, Transaction } from '../../../src/training/collective';
import { standardParts } from '../../../src/peers/group/standard-parts';
import { awaited, forgetTimers } from './virtual-time';

/** What a trainer brings: a model of so many numbers, in two buckets. */
const setup = (length: number): CollectiveSetup => ({
  rule: { slots: [], scalars: ['lr'], wgsl: 'w = w - lr * g;', clip: null, l2: null, ema: null, lossScale: null },
  state: {
    weights: Float32Array.from({ length }, (_, i) => Math.sin(i)),
    slots: [],
    average: null,
    scaler: [],
    statistics: new Float32Array(0),
  },
  training: JSON.stringify({ after: -1 }),
  buckets: [
    [length / 2, length],
    [0, length / 2],
  ],
  matrices: [{ offset: 0, rows: 10, columns: length / 20 }],
});

/** What the run does: an evaluation after every four updates. */
export function transactionAt(seq: number, items: number): Transaction {
  return seq % 5 === 4
    ? { kind: 'evaluation', name: 'val', items: 3 }
    : { kind: 'update', index: seq - Math.floor(seq / 5), items, scalars: { lr: 0.01 } };
}

/** A trainer: obeys the port, computes after a delay. */
export class SimpleTrainer {
  weights = new Float32Array(0);
  entered = -1;
  readonly committed: { seq: number; committed: Committed }[] = [];
  starts = 0;
  startedAt = -1;
  joined: boolean | null = null;
  ended: string | null = null;
  /** Items computed, by `seq item`. */
  readonly computed: string[] = [];
  alive = true;
  after = -1;
  /** What becomes of an item's gradients before they are given away. */
  disturb: (gradient: Float32Array, seq: number, item: number) => void = () => undefined;
  private queue: { seq: number; round: number; item: number }[] = [];
  private busy = false;

  constructor(
    private readonly peer: () => Group,
    readonly items: number,
    public ms: number,
    readonly last: number,
    readonly length: number,
  ) {}

  start(): void {
    this.peer().receive({ type: 'start', setup: setup(this.length) });
  }

  receive(message: PeerMessage): void {
    if (!this.alive) return;
    switch (message.type) {
      case 'started':
        this.starts++;
        this.startedAt = message.seq;
        this.joined = message.start.joined;
        this.weights = message.start.state.weights.slice();
        this.after = (JSON.parse(message.start.training) as { after: number }).after;
        this.queue = [];
        expect(this.after).toBe(message.seq - 1);
        this.enter(message.seq);
        break;
      case 'compute':
        if (message.weights) this.weights = message.weights.weights.slice();
        for (const item of message.items) this.queue.push({ seq: message.seq, round: message.round, item });
        this.run();
        break;
      case 'applied':
        // One that was run again may be told again, and ends with what counts.
        expect(message.seq).toBeLessThanOrEqual(this.entered);
        if (message.weights) this.weights = message.weights.weights.slice();
        if (message.seq === this.entered && message.seq < this.last) this.enter(message.seq + 1);
        break;
      case 'committed':
        expect(message.seq).toBe(this.after + 1);
        this.after = message.seq;
        this.committed.push(message);
        break;
      case 'need_training_state':
        expect(message.seq).toBe(this.after + 1);
        this.wanted.push(message.seq);
        setTimeout(() => {
          if (!this.alive) return;
          const training = JSON.stringify({ after: message.seq });
          this.peer().receive({ type: 'training_state', seq: message.seq, training });
        }, 1);
        break;
      case 'ended':
        this.ended = message.error.message;
        break;
      case 'snapshot':
      case 'checkpoint':
        break;
    }
  }

  readonly wanted: number[] = [];

  /** It enters nothing more: it writes its last checkpoint, say. */
  pauses(): void {
    this.paused = true;
  }

  private paused = false;

  private enter(seq: number): void {
    if (this.paused) return;
    this.entered = seq;
    const transaction = transactionAt(seq, this.items);
    // A trainer answers in a task of its own.
    setTimeout(() => {
      if (this.alive && this.entered === seq) this.peer().receive({ type: 'enter', seq, transaction });
    }, 0);
  }

  private run(): void {
    if (this.busy) return;
    const work = this.queue.shift();
    if (!work) return;
    this.busy = true;
    const weights = this.weights;
    const update = transactionAt(work.seq, this.items).kind === 'update';
    setTimeout(() => {
      this.busy = false;
      if (!this.alive) return;
      this.computed.push(`${work.seq} ${work.item}`);
      if (update) {
        const gradient = new Float32Array(weights.length);
        for (let i = 0; i < weights.length; i++)
          gradient[i] = Math.sin(weights[i] * (work.item + 1) + i + work.seq) * 0.1;
        this.disturb(gradient, work.seq, work.item);
        this.peer().receive({ type: 'bucket', ...work, bucket: 0, values: gradient.slice(this.length / 2) });
        this.peer().receive({ type: 'bucket', ...work, bucket: 1, values: gradient.slice(0, this.length / 2) });
      }
      const partial = [work.seq, work.item, weights[0] + work.item];
      this.peer().receive({ type: 'item', ...work, partial, ms: this.ms, examples: 8 });
      this.run();
    }, this.ms);
  }
}

/** One peer of a test. */
export interface TestPeer {
  id: string;
  group: Group;
  trainer: SimpleTrainer;
  ended: LatheError | null | undefined;
}

export interface GroupTestOptions {
  network?: Partial<NetworkConditions>;
  worldSize?: number;
  items?: number;
  ms?: number;
  /** Last transaction of the run. */
  last?: number;
  parts?: GroupParts;
  witness?: GroupOptions['witness'];
  waitMs?: number;
  /** Numbers of the model. */
  length?: number;
  codec?: GroupOptions['codec'];
  timing?: GroupOptions['timing'];
  /** Takes the place of the end of a link at peer `at`, to the peer `to`. */
  tap?: (link: Link, at: TestPeer, to: TestPeer) => Link;
}

const hexId = (n: number): string => n.toString(16).padStart(16, '0');

/** Peers and their network. */
export class TestGroup {
  readonly network: MemoryNetwork;
  readonly peers: TestPeer[] = [];
  /** Set by tests that cut the network. */
  cutNow = false;
  lastDeath = -Infinity;
  private readonly options: Required<GroupTestOptions>;

  /** Whatever an earlier group of the same test still waits for is over. */
  constructor(options: GroupTestOptions = {}) {
    forgetTimers();
    this.options = {
      network: {},
      worldSize: 1,
      items: 8,
      ms: 10,
      last: Infinity,
      parts: standardParts,
      witness: null,
      waitMs: 600_000,
      length: 600,
      codec: { name: 'float32' },
      timing: {},
      tap: (link) => link,
      ...options,
    };
    this.network = new MemoryNetwork(this.options.network);
  }

  /** A new peer with links to all others. The first one founds the group. */
  add(trains = true): TestPeer {
    const id = hexId(this.peers.length + 1);
    const { witness } = this.options;
    const peer: TestPeer = {
      id,
      ended: undefined,
      trainer: new SimpleTrainer(
        () => peer.group,
        this.options.items,
        this.options.ms,
        this.options.last,
        this.options.length,
      ),
      group: new Group({
        me: { id, name: `peer ${id}`, adapter: 'memory' },
        worldSize: this.options.worldSize,
        waitMs: this.options.waitMs,
        codec: this.options.codec,
        witness: witness && {
          claim: (...claim) => (dead.has(peer) ? Promise.reject(new Error('out of reach')) : witness.claim(...claim)),
        },
        parts: {
          ...this.options.parts,
          createReplica: (made) => awaited(this.options.parts.createReplica(made)),
        },
        timing: this.options.timing,
        toTrainer: (message) => peer.trainer.receive(structuredClone(message)),
        onEnd: (error) => {
          peer.ended = error;
        },
      }),
    };
    if (this.peers.length === 0) peer.group.found();
    else peer.group.join();
    for (const other of this.alive) this.connect(other, peer);
    this.peers.push(peer);
    if (trains) peer.trainer.start();
    return peer;
  }

  connect(a: TestPeer, b: TestPeer): void {
    const [atA, atB] = this.network.connect(a.id, b.id);
    const { tap } = this.options;
    a.group.addLink(b.id, { name: b.id, adapter: 'memory' }, tap(atA, a, b));
    b.group.addLink(a.id, { name: a.id, adapter: 'memory' }, tap(atB, b, a));
  }

  /** A peer's machine loses its power. */
  kill(peer: TestPeer): void {
    this.network.kill(peer.id);
    peer.trainer.alive = false;
    dead.add(peer);
  }

  /** A peer's process ends. */
  crash(peer: TestPeer): void {
    this.network.crash(peer.id);
    peer.trainer.alive = false;
    dead.add(peer);
  }

  /** A peer's trainer loses its device: what it was doing is gone, and after a while it starts again. */
  restartTrainer(peer: TestPeer, ms: number): void {
    peer.trainer.alive = false;
    peer.group.trainerGone();
    setTimeout(() => {
      if (dead.has(peer)) return;
      const before = peer.trainer;
      peer.trainer = new SimpleTrainer(() => peer.group, before.items, before.ms, before.last, before.length);
      peer.trainer.committed.push(...before.committed);
      peer.trainer.start();
    }, ms);
  }

  /** A peer says goodbye. */
  leave(peer: TestPeer): Promise<void> {
    dead.add(peer);
    return peer.group.leave('The user left.');
  }

  /** A peer says goodbye because its trainer does. */
  leaveByTrainer(peer: TestPeer): void {
    dead.add(peer);
    peer.group.receive({ type: 'leave', reason: 'Its run left the trainer.' });
  }

  get alive(): TestPeer[] {
    return this.peers.filter((peer) => !dead.has(peer));
  }
}

const dead = new WeakSet<TestPeer>();

const digest = crypto.subtle.digest.bind(crypto.subtle);
crypto.subtle.digest = (algorithm, data) => awaited(digest(algorithm, data));

/** How many transactions a peer has committed. */
export const committedOf = (peer: TestPeer): number => peer.group.status().committed;
