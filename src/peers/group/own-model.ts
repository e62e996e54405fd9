/** What one peer trains: the setup that its trainer brought, and the parameters once they are those of the group. */
import type { CollectiveSetup, CollectiveState } from '../../training/collective';
import { vectorShape, type VectorShape } from '../reduce/layout';
import type { Replica } from '../replica/replica';
import type { PeerMessage } from '../trainer-port';
import { fingerprint } from './fingerprint';
import type { GroupParts } from './parts';

/** What it needs of its peer. */
export interface ModelHost {
  readonly createReplica: GroupParts['createReplica'];
  /** The last transaction that was committed here. */
  committed(): number;
  toTrainer(message: PeerMessage, transfer: Transferable[]): void;
}

/** The model at one peer. */
export class OwnModel {
  /** What the trainer that came last brought. */
  setup: CollectiveSetup | null = null;
  /** Names the model and its optimizer: all in a group have the same. */
  print = '';
  shape: VectorShape | null = null;
  private made: Replica | null = null;
  private loaded = false;
  /** Copies that the trainer wants of transactions that are not committed yet. */
  private wanted: { ticket: number; after: number }[] = [];

  constructor(private readonly host: ModelHost) {}

  /** The parameters; null: those here are not those of a group. */
  get replica(): Replica | null {
    return this.loaded ? this.made : null;
  }

  /** There is a place for parameters: whose they are is another matter. */
  get ready(): boolean {
    return this.made !== null;
  }

  /** Takes what a trainer brings. False: it is of another model than that of an earlier one. */
  take(setup: CollectiveSetup): boolean {
    const print = fingerprint([setup.rule, setup.buckets, setup.matrices, setup.state.slots.length]);
    if (this.setup && print !== this.print) return false;
    this.setup = setup;
    this.print = print;
    this.shape ??= vectorShape(setup);
    return true;
  }

  /** Makes a place for the parameters, which holds those of the setup. @throws LatheError */
  async create(setup: CollectiveSetup): Promise<void> {
    this.made = await this.host.createReplica(setup);
  }

  /** The parameters here are those of a group. */
  found(): void {
    this.loaded = this.made !== null;
  }

  /**
   * Puts in place what may be the parameters of a group, after its update number `update`: they are once `found` is called.
   * Returns their hash. @throws LatheError
   */
  load(state: CollectiveState, update: number): string | null {
    this.made?.load(state, update);
    return this.made?.hash ?? null;
  }

  /** The trainer wants a copy of the parameters; `after` a transaction: once that is committed. */
  snapshot(ticket: number, after = this.host.committed()): void {
    const { replica } = this;
    if (!replica) return;
    if (after > this.host.committed()) {
      this.wanted.push({ ticket, after });
      return;
    }
    const state = replica.state();
    const arrays = [state.weights, ...state.slots, state.statistics, ...(state.average ? [state.average] : [])];
    const transfer = [...new Set(arrays.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
    this.host.toTrainer({ type: 'snapshot', ticket, state, seq: this.host.committed() }, transfer);
  }

  /** A transaction was committed. */
  onCommitted(seq: number): void {
    const due = this.wanted.filter(({ after }) => after === seq);
    this.wanted = this.wanted.filter(({ after }) => after > seq);
    for (const { ticket } of due) this.snapshot(ticket);
  }

  /** The trainer is gone, and wants nothing any more. */
  trainerGone(): void {
    this.wanted = [];
  }

  /** The parameters are no longer those of a group. */
  leave(): void {
    this.loaded = false;
    this.made?.rollback();
  }
}
