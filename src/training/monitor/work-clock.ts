/**
 * How much of its time the training thread is at work, by its own clock: no browser tells a page what its threads take of
 * the processor. Within a step the thread either works (queues kernels, makes batches, takes results in) or waits for the
 * device; what lies between steps (evaluation, checkpoints, tuning) is not counted.
 */

/** Counts work and waiting within spans of time. */
export class WorkClock {
  readonly #now: () => number;
  #spanFrom: number | null = null;
  #waitFrom: number | null = null;
  #elapsed = 0;
  #waited = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A span begins. */
  begin(): void {
    this.#spanFrom ??= this.#now();
  }

  /** The span is over. */
  end(): void {
    if (this.#spanFrom !== null) this.#elapsed += this.#now() - this.#spanFrom;
    this.#spanFrom = null;
  }

  /** The thread waits until `done` settles. Called before that is awaited: what follows it is work again. */
  waitsFor(done: Promise<unknown>): void {
    if (this.#spanFrom === null) return;
    this.#waitFrom = this.#now();
    const end = (): void => {
      if (this.#waitFrom !== null) this.#waited += this.#now() - this.#waitFrom;
      this.#waitFrom = null;
    };
    done.then(end, end);
  }

  /** The share of the spans since the last call that was work, 0 to 1; null where there was none. */
  take(): number | null {
    const now = this.#now();
    if (this.#spanFrom !== null) {
      this.#elapsed += now - this.#spanFrom;
      this.#spanFrom = now;
    }
    if (this.#waitFrom !== null) {
      this.#waited += now - this.#waitFrom;
      this.#waitFrom = now;
    }
    const share = this.#elapsed > 0 ? Math.max(0, 1 - this.#waited / this.#elapsed) : null;
    this.#elapsed = 0;
    this.#waited = 0;
    return share;
  }
}
