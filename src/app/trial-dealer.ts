/**
 * Deals the runs of trials: to guests of a room that have a slot free, else to this browser. Whatever a guest does not
 * finish is dealt again; what it finishes is fetched, stored as this browser's own run, and only then counts.
 */
import { deferred } from '../base/deferred';
import { LatheError } from '../base/errors';
import { sentence, type TrialMessage } from '../peers/room/trial-messages';
import type { SentRun } from '../peers/room/trial-run-schema';
import type { TrialEvent } from '../peers/room/trial-exchange';
import type { TrialWorker } from '../store/study';
import type { Elsewhere, Executor, RunEnd, RunOrder } from '../sweeps/executor';
import type { CrewMember } from './api';

/** What a dealer needs of the browser that it is in. */
export interface DealerParts {
  /** Trains in this browser. */
  local: Executor;
  send: (to: string, message: TrialMessage) => void;
  /** Whether this browser has the run: begun here, or fetched. */
  knows: (runId: string) => Promise<boolean>;
  /**
   * Fetches a run and stores it as that of the order.
   * @throws LatheError of kind `storage` where this browser cannot, of any other where the fault is the guest's
   */
  take: (from: TrialWorker, run: SentRun, order: RunOrder) => Promise<void>;
  /** Told whenever somebody comes, goes, or is dealt something. */
  onCrew: (crew: CrewMember[]) => void;
}

/** A run that is trained elsewhere. */
interface Deal {
  order: RunOrder;
  to: Guest;
  end: (end: RunEnd) => void;
  /** It was asked to end before it was sent. */
  pruned: boolean;
  /** Its run is on the way here. */
  fetching: boolean;
}

/** A browser that trains, or trained, trials. */
interface Guest {
  worker: TrialWorker;
  state: CrewMember['state'];
  slots: number;
  done: number;
  reason: string | null;
}

/** What the end of a run says where it has not ended as itself. */
const LOST: RunEnd = { kind: 'lost', steps: 0 };
const PAUSED: RunEnd = { kind: 'paused', reason: null, steps: 0 };
const PRUNED: RunEnd = { kind: 'pruned', reason: 'It was ended before it began.', steps: 0 };

/** The executor of a study with guests. */
export class TrialDealer implements Executor {
  readonly #parts: DealerParts;
  /** By id, also those that are gone. */
  readonly #guests = new Map<string, Guest>();
  /** By ticket. */
  readonly #deals = new Map<number, Deal>();
  readonly #known = new Map<string, TrialWorker>();
  /** Runs that are about to be dealt, and how they were asked to leave meanwhile. */
  readonly #starting = new Map<string, 'pause' | 'prune' | null>();
  #tickets = 0;
  #change = deferred<undefined>();
  #over = false;
  /** Guests that were let go and did not say yet that they know. */
  readonly #leaving = new Set<string>();
  readonly #farewell = deferred<undefined>();

  constructor(parts: DealerParts) {
    this.#parts = parts;
  }

  /** Everybody who trains or trained trials, as they came; without this browser. */
  get crew(): CrewMember[] {
    return [...this.#guests.values()].map((guest) => ({
      ...guest.worker,
      state: guest.state,
      slots: guest.slots,
      done: guest.done,
      reason: guest.reason,
      trials: this.#dealsOf(guest).map(({ order }) => order.trial),
    }));
  }

  /** Guests that train trials now, or could. */
  get present(): number {
    return [...this.#guests.values()].filter(({ slots }) => slots > 0).length;
  }

  async train(order: RunOrder): Promise<RunEnd> {
    const { local, knows } = this.#parts;
    const { run_id } = order;
    this.#starting.set(run_id, null);
    const known = await knows(run_id);
    const asked = this.#starting.get(run_id) ?? null;
    this.#starting.delete(run_id);
    if (asked !== null) return asked === 'pause' ? PAUSED : PRUNED;
    if (known) return local.train(order);
    const guest = [...this.#guests.values()].find((candidate) => this.#dealsOf(candidate).length < candidate.slots);
    if (!guest || this.#over) return local.train(order);
    const end = await this.#deal(order, guest);
    // Its run is here now: its end is told as that of any other.
    return end.kind === 'complete' ? local.train(order) : end;
  }

  async leave(runId: string, how: 'pause' | 'prune'): Promise<void> {
    if (this.#starting.has(runId)) return void this.#starting.set(runId, how);
    for (const [ticket, deal] of this.#deals) {
      if (deal.order.run_id !== runId) continue;
      deal.pruned = how === 'prune';
      this.#parts.send(deal.to.worker.id, { type: 'leave', ticket, how: how === 'prune' ? 'prune' : 'drop' });
      // It will go on from its beginning: half a run is not fetched.
      if (how === 'pause') deal.end(PAUSED);
      return;
    }
    await this.#parts.local.leave(runId, how);
  }

  speed(runId: string): number | null {
    return this.#parts.local.speed(runId);
  }

  memory(): { held: number; limit: number | null } {
    return this.#parts.local.memory();
  }

  elsewhere(): Elsewhere {
    return {
      slots: [...this.#guests.values()].reduce((sum, { slots }) => sum + slots, 0),
      runs: new Set([...this.#deals.values()].map(({ order }) => order.run_id)),
      change: this.#change.promise,
    };
  }

  /** Takes what is heard of the others. */
  receive(event: TrialEvent): void {
    if (this.#over) return this.#hearFarewell(event);
    switch (event.type) {
      case 'trial_peer':
        this.#known.set(event.peer.id, event.peer);
        return this.#parts.send(event.peer.id, { type: 'hiring' });
      case 'trial_gone':
        this.#known.delete(event.id);
        return this.#lose(event.id, 'lost', null);
      case 'trial_fault':
        return this.#lose(event.from, 'left', 'It sent something that is no message about trials.');
      case 'trial_message':
        return this.#read(event.from, event.message);
    }
  }

  /**
   * Lets all guests go; `back`: the study goes on another time. What they train is lost. Resolves when all know: one that is
   * gone without a word is waited for, until the room says so.
   */
  close(reason: string, back: boolean): Promise<void> {
    this.#over = true;
    for (const [id, { slots }] of this.#guests) if (slots > 0) this.#leaving.add(id);
    for (const id of this.#known.keys()) this.#parts.send(id, { type: 'dismissed', reason: sentence(reason), back });
    for (const { end } of [...this.#deals.values()]) end(LOST);
    for (const guest of this.#guests.values()) if (guest.slots > 0) Object.assign(guest, { state: 'left', slots: 0 });
    this.#changed();
    if (this.#leaving.size === 0) this.#farewell.resolve(undefined);
    return this.#farewell.promise;
  }

  #hearFarewell(event: TrialEvent): void {
    if (event.type === 'trial_gone') this.#leaving.delete(event.id);
    else if (event.type === 'trial_message' && event.message.type === 'offer') this.#leaving.delete(event.from);
    if (this.#leaving.size === 0) this.#farewell.resolve(undefined);
  }

  #dealsOf(guest: Guest): Deal[] {
    return [...this.#deals.values()].filter(({ to }) => to === guest);
  }

  /** Resolves to `complete` once the run has been fetched, whatever its end. */
  async #deal(order: RunOrder, to: Guest): Promise<RunEnd> {
    const ticket = ++this.#tickets;
    const { promise, resolve } = deferred<RunEnd>();
    const end = (ended: RunEnd): void => {
      this.#deals.delete(ticket);
      resolve(ended);
    };
    const deal: Deal = { order, to, end, pruned: false, fetching: false };
    this.#deals.set(ticket, deal);
    this.#tell();
    try {
      await order.begin(to.worker);
    } catch (thrown) {
      end({ kind: 'paused', reason: LatheError.from(thrown).message, steps: 0 });
    }
    if (deal.pruned) end(PRUNED);
    if (this.#deals.has(ticket)) {
      const { trial, config, objectives, value, report } = order;
      const dealt = { ticket, trial, config, objectives: [...objectives], value, reports: report !== null };
      this.#parts.send(to.worker.id, { type: 'train', order: dealt });
    }
    const ended = await promise;
    this.#tell();
    return ended;
  }

  #read(from: string, message: TrialMessage): void {
    const guest = this.#guests.get(from);
    switch (message.type) {
      case 'offer':
        return this.#hire(from, message.slots);
      case 'report':
      case 'result':
      case 'given_back': {
        const deal = this.#deals.get(message.ticket);
        if (!guest || deal?.to !== guest) {
          // Of a dealing that is over: its run is not wanted any more.
          if (message.type === 'result') this.#parts.send(from, { type: 'received', ticket: message.ticket });
          return;
        }
        if (message.type === 'report') return void this.#judge(deal, message);
        if (message.type === 'result') return void this.#take(deal, message.ticket, message.run);
        deal.end(LOST);
        return this.#lose(from, 'left', message.reason);
      }
      default: // What only a host says.
    }
  }

  #hire(id: string, slots: number): void {
    const worker = this.#known.get(id);
    if (!worker) return;
    const guest = this.#guests.get(id) ?? { worker, state: 'working', slots: 0, done: 0, reason: null };
    this.#guests.set(id, guest);
    if (guest.reason !== null) return; // What it could not do once it is not asked for again.
    if (slots === 0) return this.#lose(id, 'left', null);
    guest.slots = slots;
    guest.state = 'working';
    this.#parts.send(id, { type: 'hired' });
    this.#changed();
  }

  async #judge(
    { order, to, end }: Deal,
    { ticket, epoch, value }: Extract<TrialMessage, { type: 'report' }>,
  ): Promise<void> {
    try {
      const reason = (await order.report?.(epoch, value)) ?? null;
      const prune = reason === null ? null : sentence(reason);
      this.#parts.send(to.worker.id, { type: 'verdict', ticket, epoch, prune });
    } catch (thrown) {
      // Nothing can be stored here: the study pauses.
      this.#parts.send(to.worker.id, { type: 'leave', ticket, how: 'drop' });
      end({ kind: 'paused', reason: LatheError.from(thrown).message, steps: 0 });
    }
  }

  async #take(deal: Deal, ticket: number, run: SentRun): Promise<void> {
    if (deal.fetching) return;
    deal.fetching = true;
    const { order, to, end } = deal;
    try {
      await this.#parts.take(to.worker, run, order);
      to.done++;
      this.#parts.send(to.worker.id, { type: 'received', ticket });
      end({ kind: 'complete', values: [], steps: 0 });
    } catch (thrown) {
      const error = LatheError.from(thrown);
      this.#parts.send(to.worker.id, { type: 'received', ticket });
      if (error.kind === 'storage') return end({ kind: 'paused', reason: error.message, steps: 0 });
      if (to.slots > 0) this.#lose(to.worker.id, 'left', error.message);
      end(LOST);
    }
  }

  /** A guest trains no more. A run that is being fetched from it is waited for: it may be whole already. */
  #lose(id: string, state: 'left' | 'lost', reason: string | null): void {
    const guest = this.#guests.get(id);
    if (!guest) return;
    if (guest.state === 'working') Object.assign(guest, { state, reason });
    guest.slots = 0;
    for (const deal of this.#dealsOf(guest)) if (!deal.fetching) deal.end(LOST);
    this.#changed();
  }

  #changed(): void {
    this.#change.resolve(undefined);
    this.#change = deferred();
    this.#tell();
  }

  #tell(): void {
    this.#parts.onCrew(this.crew);
  }
}
