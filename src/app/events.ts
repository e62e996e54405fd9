/**
 * Events of the workbench, in this tab and in every other tab of the same origin. A tab that trains emits; all tabs,
 * its own included, listen. What crosses between tabs goes over one BroadcastChannel as plain data.
 */
import type { WorkbenchEvent } from './api';
import type { LeaveOrder } from '../training/protocol';

/** What one tab asks of the others. */
export interface TabOrder {
  run_id: string;
  order: LeaveOrder;
  /** Names this request in its acknowledgement. */
  ticket: string;
}

type TabMessage =
  | { kind: 'event'; event: WorkbenchEvent }
  | { kind: 'order'; order: TabOrder }
  | { kind: 'acknowledged'; ticket: string };

/** How long an owner has to acknowledge an order before nobody is assumed to be there. */
const ACKNOWLEDGE_MS = 3000;

/** Emits and receives events, and carries orders to the tab that trains a run. */
export class EventHub {
  readonly #channel = new BroadcastChannel('lathe');
  readonly #listeners = new Set<(event: WorkbenchEvent) => void>();
  readonly #tickets = new Map<string, () => void>();
  #obey: (order: TabOrder) => boolean = () => false;

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      switch (data.kind) {
        case 'event':
          this.#deliver(data.event);
          return;
        case 'order':
          if (this.#obey(data.order)) this.#post({ kind: 'acknowledged', ticket: data.order.ticket });
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

  /** Sets what this tab does with orders from others; `obey` returns whether the run is trained here. */
  onOrder(obey: (order: TabOrder) => boolean): void {
    this.#obey = obey;
  }

  /** Sends an order to whichever other tab trains the run; resolves to whether one took it. */
  order(runId: string, order: LeaveOrder): Promise<boolean> {
    const ticket = crypto.randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(false), ACKNOWLEDGE_MS);
      const settle = (taken: boolean): void => {
        clearTimeout(timer);
        this.#tickets.delete(ticket);
        resolve(taken);
      };
      this.#tickets.set(ticket, () => settle(true));
      this.#post({ kind: 'order', order: { run_id: runId, order, ticket } });
    });
  }

  #post(message: TabMessage): void {
    this.#channel.postMessage(message);
  }

  #deliver(event: WorkbenchEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
