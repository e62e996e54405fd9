/** What members keep for those who join: a copy of the parameters at the agreed point, and the training state there. */
import type { Replica } from '../replica/replica';
import type { Frozen } from '../replica/snapshot';
import { Phase, type Message as BulkMessage } from '../wire/frame';
import type { DropReason } from '../status';
import type { Message } from './messages';
import type { Place } from './place';
import { numberOf, type Point } from './view';

/** What the server of states needs of its peer. */
export interface ServerHost {
  readonly place: Place;
  /** The last transaction that was committed here; null while the view is not installed everywhere. */
  committed(): number | null;
  send(id: string, message: Message): void;
  sendBulk(to: string, message: BulkMessage): void;
  /** Whether a message like this waits to be sent to a peer. */
  isWaiting(to: string, like: (message: BulkMessage) => boolean): boolean;
  drop(reason: DropReason): void;
}

/** Points that one peer may wait for: where it begins to learn, and where its trainer comes back. */
const MOST_WAITING = 4;

interface Kept {
  frozen: Frozen;
  at: Point;
  list: Promise<string[]> | null;
}

/** Copies of the state at one peer, by the transaction after which they were taken. */
export class StateServer {
  private readonly kept = new Map<number, Kept>();
  private readonly training = new Map<number, string>();
  /** Who asked for a training state that is not there yet. */
  private readonly waiting = new Map<number, Set<string>>();
  private readonly listWaiting = new Map<number, Set<string>>();
  /** Transactions after which the own trainer was asked for its state. */
  private readonly expected = new Set<number>();

  constructor(private readonly host: ServerHost) {}

  /** Whether a copy after this transaction is wanted by a learner of the view. */
  wants(seq: number): boolean {
    return (this.host.place.view?.learners ?? []).some(({ snapshot }) => snapshot === seq);
  }

  /** The parameters stand at a point: a copy of them is kept, where it is wanted. */
  freeze(at: Point, replica: Replica | null): void {
    if (!replica || !this.wants(at.seq) || this.kept.has(at.seq)) return;
    this.kept.set(at.seq, { frozen: replica.freeze(), at, list: null });
    for (const id of this.listWaiting.get(at.seq) ?? []) this.sendList(id, at.seq);
    this.listWaiting.delete(at.seq);
  }

  /** Drops copies that no learner needs any more. */
  prune(): void {
    for (const seq of this.kept.keys()) if (!this.wants(seq)) this.kept.delete(seq);
    for (const seq of this.listWaiting.keys()) if (!this.wants(seq)) this.listWaiting.delete(seq);
    for (const waiting of [this.listWaiting, this.waiting]) {
      for (const [seq, ids] of waiting) {
        for (const id of ids) if (!this.knows(id)) ids.delete(id);
        if (ids.size === 0) waiting.delete(seq);
      }
    }
    // The newest training state stays: it may be that of the point where the next learner begins.
    const newest = Math.max(...this.training.keys());
    for (const seq of this.training.keys()) if (seq < newest && !this.wants(seq)) this.training.delete(seq);
  }

  clear(): void {
    this.kept.clear();
    this.training.clear();
    this.waiting.clear();
    this.listWaiting.clear();
    this.expected.clear();
  }

  /** The training state after a transaction. */
  trainingAt(seq: number): string | null {
    return this.training.get(seq) ?? null;
  }

  keepTraining(seq: number, training: string): void {
    this.training.set(seq, training);
    this.expected.delete(seq);
    for (const id of this.waiting.get(seq) ?? []) this.host.send(id, { type: 'training', seq, training });
    this.waiting.delete(seq);
    this.prune();
  }

  /** The own trainer was asked for its state after a transaction. */
  expectTraining(seq: number): void {
    this.expected.add(seq);
  }

  /** The own trainer is gone: what it was asked for does not come. */
  trainerGone(): void {
    this.expected.clear();
    for (const [seq, ids] of this.waiting) {
      if (!this.isPast(seq)) continue;
      for (const id of ids) this.host.send(id, { type: 'no_state', seq, what: 'training' });
      this.waiting.delete(seq);
    }
  }

  /** A state after `seq` that is not here by now will never be. */
  private isPast(seq: number): boolean {
    const committed = this.host.committed();
    return this.wants(seq) && committed !== null && committed >= seq;
  }

  /** Whether the own trainer is to tell its state after a transaction. */
  needsTraining(seq: number): boolean {
    return this.wants(seq) || this.waiting.has(seq);
  }

  onAskTraining(id: string, seq: number): void {
    const training = this.training.get(seq);
    if (training !== undefined) this.host.send(id, { type: 'training', seq, training });
    else if (this.isPast(seq) && !this.expected.has(seq))
      this.host.send(id, { type: 'no_state', seq, what: 'training' });
    else this.wait(this.waiting, seq, id);
  }

  onAskList(id: string, seq: number): void {
    if (this.kept.has(seq)) this.sendList(id, seq);
    else if (this.isPast(seq)) this.host.send(id, { type: 'no_state', seq, what: 'list' });
    else this.wait(this.listWaiting, seq, id);
  }

  /** Whether somebody is in the view, and may ask. */
  private knows(id: string): boolean {
    const { view } = this.host.place;
    return view !== null && numberOf(view, id) !== null;
  }

  private wait(waiting: Map<number, Set<string>>, seq: number, id: string): void {
    const mine = [...waiting.values()].filter((ids) => ids.has(id)).length;
    if (!this.knows(id) || mine >= MOST_WAITING) this.host.drop(mine >= MOST_WAITING ? 'malformed' : 'stranger');
    else waiting.set(seq, (waiting.get(seq) ?? new Set()).add(id));
  }

  private sendList(id: string, seq: number): void {
    const kept = this.kept.get(seq);
    if (!kept) return;
    kept.list ??= kept.frozen.sha256();
    void kept.list.then((sha256) => {
      if (this.kept.get(seq) !== kept) return;
      this.host.send(id, { type: 'list', at: kept.at, update: kept.frozen.seq, bytes: kept.frozen.bytes, sha256 });
    });
  }

  onFetch(id: string, seq: number, chunks: number[]): void {
    const kept = this.kept.get(seq);
    const { view, me } = this.host.place;
    if (!kept || !view || me === null || !this.knows(id)) {
      this.host.drop(this.knows(id) ? 'stale' : 'stranger');
      return;
    }
    for (const chunk of chunks) {
      const asked = this.host.isWaiting(id, (message) => {
        return message.phase === Phase.state && message.seq === Math.max(0, seq) && message.node === chunk;
      });
      if (asked || chunk >= kept.frozen.chunks) {
        this.host.drop(asked ? 'replayed' : 'malformed');
        continue;
      }
      this.host.sendBulk(id, {
        phase: Phase.state,
        epoch: view.epoch,
        seq: Math.max(0, seq),
        round: 0,
        bucket: 0,
        shard: 0,
        source: me,
        node: chunk,
        payload: kept.frozen.chunk(chunk),
      });
    }
  }
}
