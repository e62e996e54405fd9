/** A group as a trainer sees it: the other end of the port is in the peer worker (`../trainer-port.ts`). */
import { deferred, type Deferred } from '../../base/deferred';
import { LatheError } from '../../base/errors';
import {
  Rejoined,
  type AppliedWeights,
  type BucketSink,
  type Collective,
  type CollectiveSetup,
  type CollectiveStart,
  type CollectiveState,
  type Committed,
  type ComputeItem,
  type ItemSurroundings,
  type Pending,
  type SharedCheckpoint,
  type Transaction,
} from '../../training/collective';
import type { CheckpointMessage, PeerMessage, TrainerMessage } from '../trainer-port';

/** A transaction that this trainer has entered. */
interface Entered {
  transaction: Transaction;
  compute: ComputeItem;
  restored: (weights: AppliedWeights) => void;
  applied: Deferred<AppliedWeights | null>;
  isApplied: boolean;
  committed: Deferred<Committed>;
}

/** Parameters after a transaction. */
interface Snapshot {
  state: CollectiveState;
  seq: number;
}

/** Work that was asked for. */
type Order = Extract<PeerMessage, { type: 'compute' }>;

/** How long a goodbye waits for what is still under way. */
const LEAVE_MS = 3000;

/** The group behind a port. */
export class PortCollective implements Collective {
  readonly microBatches: number;
  readonly #port: MessagePort;
  readonly #started = deferred<CollectiveStart & { next: number }>();
  readonly #entered = new Map<number, Entered>();
  readonly #snapshots = new Map<number, Deferred<Snapshot>>();
  readonly #checkpoints = new Map<number, Deferred<SharedCheckpoint | null>>();
  readonly #orders: Order[] = [];
  #tickets = 0;
  #seq = 0;
  #computing = false;
  /** The order at work. */
  #current: { order: Order; gone: AbortController } | null = null;
  #failure: Error | null = null;
  #begun = false;
  #left: (() => void) | null = null;
  /** Where the loop stands, and the transactions after which that is wanted: a peer joins. */
  #landed: { seq: number; describe: () => string } | null = null;
  readonly #wanted = new Set<number>();

  constructor(port: MessagePort, microBatches: number) {
    this.microBatches = microBatches;
    this.#port = port;
    // Whoever is not waited for must not count as unhandled.
    this.#started.promise.catch(() => undefined);
    port.onmessage = ({ data }: MessageEvent<PeerMessage>) => this.#receive(data);
  }

  async start(setup: CollectiveSetup): Promise<CollectiveStart & { next: number }> {
    this.#post({ type: 'start', setup }, buffersOf(setup.state));
    return this.#started.promise;
  }

  run(transaction: Transaction, compute: ComputeItem, restored: (weights: AppliedWeights) => void): Pending {
    const seq = this.#seq++;
    const entered: Entered = {
      transaction,
      compute,
      restored,
      applied: deferred(),
      isApplied: false,
      committed: deferred(),
    };
    entered.applied.promise.catch(() => undefined);
    entered.committed.promise.catch(() => undefined);
    this.#entered.set(seq, entered);
    if (this.#failure) this.#fail(this.#failure);
    else this.#post({ type: 'enter', seq, transaction });
    return { seq, applied: entered.applied.promise, committed: entered.committed.promise };
  }

  landed(seq: number, describe: () => string): void {
    this.#landed = { seq, describe };
    if (this.#wanted.delete(seq)) this.#tellState();
  }

  snapshot(after?: number): Promise<Snapshot> {
    if (this.#failure) return Promise.reject(this.#failure);
    const ticket = this.#tickets++;
    const waiting = deferred<Snapshot>();
    this.#snapshots.set(ticket, waiting);
    this.#post({ type: 'snapshot', ticket, ...(after !== undefined && { after }) });
    return waiting.promise;
  }

  checkpoint(step: number): Promise<SharedCheckpoint | null> {
    return this.#askForCheckpoint('want_checkpoint', step);
  }

  recover(step: number): Promise<SharedCheckpoint | null> {
    return this.#askForCheckpoint('recover', step);
  }

  satisfied(): void {
    this.#post({ type: 'satisfied' });
  }

  stop(): void {
    this.#post({ type: 'stop' });
  }

  async leave(reason: string): Promise<void> {
    if (this.#failure) return;
    const gone = new Promise<void>((resolve) => (this.#left = resolve));
    this.#post({ type: 'leave', reason });
    await Promise.race([gone, new Promise<void>((resolve) => setTimeout(resolve, LEAVE_MS))]);
    this.#port.close();
  }

  #receive(message: PeerMessage): void {
    switch (message.type) {
      case 'started':
        if (this.#begun) {
          this.#fail(new Rejoined('The group went on while this peer was cut off.'));
          return;
        }
        this.#begun = true;
        this.#seq = message.seq;
        this.#started.resolve({ ...message.start, next: message.seq });
        return;
      case 'compute':
        this.#orders.push(message);
        void this.#work();
        return;
      case 'applied': {
        const entered = this.#entered.get(message.seq);
        if (!entered) return;
        if (entered.isApplied && message.weights) entered.restored(message.weights);
        entered.isApplied = true;
        this.#abort(message.seq);
        entered.applied.resolve(message.weights);
        return;
      }
      case 'committed': {
        const entered = this.#entered.get(message.seq);
        this.#entered.delete(message.seq);
        entered?.committed.resolve(message.committed);
        return;
      }
      case 'need_training_state':
        if (this.#landed?.seq === message.seq) this.#tellState();
        else this.#wanted.add(message.seq);
        return;
      case 'snapshot':
        this.#snapshots.get(message.ticket)?.resolve(message);
        this.#snapshots.delete(message.ticket);
        return;
      case 'checkpoint': {
        const { ticket, checkpoint, reason } = message;
        const waiting = this.#checkpoints.get(ticket);
        this.#checkpoints.delete(ticket);
        if (reason === null) waiting?.resolve(checkpoint);
        else waiting?.reject(new LatheError('group', reason));
        return;
      }
      case 'ended':
        this.#left?.();
        this.#fail(groupError(LatheError.fromJSON(message.error)));
        return;
    }
  }

  /** All items of a transaction are there, whoever computed them: what is left here is not wanted. */
  #abort(seq: number): void {
    this.#orders.splice(0, this.#orders.length, ...this.#orders.filter((order) => order.seq !== seq));
    if (this.#current?.order.seq === seq) this.#current.gone.abort();
  }

  #tellState(): void {
    if (this.#landed) {
      this.#post({ type: 'training_state', seq: this.#landed.seq, training: this.#landed.describe() });
    }
  }

  /** Computes what was asked for, one item after another. */
  async #work(): Promise<void> {
    if (this.#computing) return;
    this.#computing = true;
    try {
      for (let order = this.#orders.shift(); order; order = this.#orders.shift()) {
        const { seq, items } = order;
        const gone = new AbortController();
        this.#current = { order, gone };
        for (const [i, item] of items.entries()) {
          // With other weights all is asked for again.
          if (gone.signal.aborted || this.#orders.some((newer) => newer.seq === seq && newer.weights)) break;
          await this.#computeItem(order, item, { next: items.at(i + 1) ?? null, signal: gone.signal });
        }
        this.#current = null;
      }
    } catch (thrown) {
      if (this.#failure) return;
      const error = LatheError.from(thrown, 'training');
      this.#post({ type: 'failed', error: error.toJSON() });
      this.#fail(error);
    } finally {
      this.#computing = false;
    }
  }

  async #computeItem({ seq, round, items, weights }: Order, item: number, around: ItemSurroundings): Promise<void> {
    const entered = this.#entered.get(seq);
    if (!entered) return;
    if (weights && item === items[0]) entered.restored(weights);
    const started = performance.now();
    const sink: BucketSink = (bucket, values) =>
      this.#post({ type: 'bucket', seq, round, item, bucket, values }, [values.buffer]);
    const partial = await entered.compute(item, sink, around);
    if (!partial) return;
    const ms = performance.now() - started;
    this.#post({ type: 'item', seq, round, item, partial, ms, examples: partial[0] ?? 0 });
  }

  #askForCheckpoint(type: 'want_checkpoint' | 'recover', step: number): Promise<SharedCheckpoint | null> {
    const ticket = this.#tickets++;
    const waiting = deferred<SharedCheckpoint | null>();
    this.#checkpoints.set(ticket, waiting);
    this.#post({ type, ticket, step });
    return waiting.promise;
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#started.reject(error);
    for (const { applied, committed } of this.#entered.values()) {
      applied.reject(error);
      committed.reject(error);
    }
    this.#entered.clear();
    for (const waiting of this.#snapshots.values()) waiting.reject(error);
    this.#snapshots.clear();
  }

  #post(message: TrainerMessage | CheckpointMessage, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

/** That a group is over for this peer does not mean that its run failed. */
const groupError = (error: LatheError): LatheError =>
  error.kind === 'training' ? new LatheError('group', error.message, error.where, error.details) : error;

function buffersOf({ weights, slots, average, statistics }: CollectiveState): Transferable[] {
  return [weights, ...slots, ...(average ? [average] : []), statistics].map(({ buffer }) => buffer);
}
