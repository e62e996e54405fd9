/**
 * How hard the machine's processor is pressed, as the browser tells it: the Compute Pressure API
 * (https://www.w3.org/TR/compute-pressure/), in Chromium, over https and on localhost. It names four states and no share, tells
 * changes only, and tells nothing while the page is in the background.
 */

/** The states, in their order: `nominal` is 0. */
const STATES = ['nominal', 'fair', 'serious', 'critical'];

interface Observer {
  observe(source: string, options: { sampleInterval: number }): Promise<void>;
  disconnect(): void;
}

type ObserverConstructor = new (heard: (records: { state: unknown }[]) => void) => Observer;

const isConstructor = (value: unknown): value is ObserverConstructor => typeof value === 'function';

/** Follows the pressure on the processor. */
export class CpuPressure {
  /** 0 (nominal) to 3 (critical), as last told; null: nothing was told. */
  state: number | null = null;
  #observer: Observer | null = null;

  /** @param everyMs milliseconds between two looks of the browser */
  constructor(everyMs: number) {
    const constructor: unknown = Reflect.get(globalThis, 'PressureObserver');
    if (!isConstructor(constructor)) return;
    this.#observer = new constructor((records) => {
      const state = STATES.indexOf(String(records.at(-1)?.state));
      if (state >= 0) this.state = state;
    });
    // A host may forbid it to its pages, and not every system has it: then nothing is told.
    this.#observer.observe('cpu', { sampleInterval: everyMs }).catch(() => (this.#observer = null));
  }

  /** Stops following it. */
  stop(): void {
    this.#observer?.disconnect();
    this.#observer = null;
  }
}
