/**
 * Events of the workbench, in this tab and in every other tab of the same origin. A tab that trains emits; all tabs,
 * its own included, listen. What crosses between tabs goes over one BroadcastChannel as plain data.
 */
import type { WorkbenchEvent } from './api';
import type { TrialParams } from '../store/study';
import type { LeaveOrder } from '../training/protocol';

/** What a study is told from another tab. */
export type StudyOrder =
  | { kind: 'leave'; how: 'pause' | 'stop' }
  | { kind: 'prune'; number: number }
  | { kind: 'enqueue'; params: TrialParams };

/** What one tab asks of the others. */
export type TabOrder =
  { noun: 'run'; id: string; order: LeaveOrder } | { noun: 'study'; id: string; order: StudyOrder };

type TabMessage =
  | { kind: 'event'; event: WorkbenchEvent }
  /** The ticket names the request in its acknowledgement. */
  | { kind: 'order'; order: TabOrder; ticket: string }
  | { kind: 'acknowledged'; ticket: string };

/** How long an owner has to acknowledge an order before nobody is assumed to be there. */
const ACKNOWLEDGE_MS = 3000;

/** Emits and receives events, and carries orders to the tab that trains a run or conducts a study. */
export class EventHub {
  readonly #channel = new BroadcastChannel('lathe');
  readonly #listeners = new Set<(event: WorkbenchEvent) => void>();
  readonly #tickets = new Map<string, () => void>();
  readonly #obeyers = new Set<(order: TabOrder) => boolean>();

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      switch (data.kind) {
        case 'event':
          this.#deliver(data.event);
          return;
        case 'order':
          if ([...this.#obeyers].some((obey) => obey(data.order))) {
            this.#post({ kind: 'acknowledged', ticket: data.ticket });
          }
          return;
        case 'acknowledged':
          this.#tickets.get(data.ticket)?.();
      }
    };
  }

  /** Listens until the returned function is called. */
  subscribe(listener: (event: WorkbenchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells this tab and all others. */
  emit(event: WorkbenchEvent): void {
    this.#deliver(event);
    this.#post({ kind: 'event', event });
  }

  /** Tells this tab only. */
  emitHere(event: WorkbenchEvent): void {
    this.#deliver(event);
  }

  /** Adds what this tab does with orders from others; `obey` returns whether it was meant. */
  onOrder(obey: (order: TabOrder) => boolean): void {
    this.#obeyers.add(obey);
  }

  /** Sends an order to whichever other tab it is meant for; resolves to whether one took it. */
  order(order: TabOrder): Promise<boolean> {
    const ticket = crypto.randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(false), ACKNOWLEDGE_MS);
      const settle = (taken: boolean): void => {
        clearTimeout(timer);
        this.#tickets.delete(ticket);
        resolve(taken);
      };
      this.#tickets.set(ticket, () => settle(true));
      this.#post({ kind: 'order', order, ticket });
    });
  }

  #post(message: TabMessage): void {
    this.#channel.postMessage(message);
  }

  #deliver(event: WorkbenchEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
