/** Share of time in which the device has work: while at least one queued step has not come back. */

/** Counts outstanding work against a clock. */
export class BusyClock {
  readonly #now: () => number;
  #outstanding = 0;
  #since: number;
  #busy = 0;
  #busyFrom = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#since = now();
  }

  /** Work was queued; it lasts until `done` settles. */
  track(done: Promise<unknown>): void {
    if (this.#outstanding++ === 0) this.#busyFrom = this.#now();
    const end = (): void => {
      if (--this.#outstanding === 0) this.#busy += this.#now() - this.#busyFrom;
    };
    done.then(end, end);
  }

  /** The share since the last call, 0 to 1; null where no time has passed. */
  take(): number | null {
    const now = this.#now();
    if (this.#outstanding > 0) {
      this.#busy += now - this.#busyFrom;
      this.#busyFrom = now;
    }
    const elapsed = now - this.#since;
    const share = elapsed > 0 ? Math.min(1, this.#busy / elapsed) : null;
    this.#since = now;
    this.#busy = 0;
    return share;
  }
}
