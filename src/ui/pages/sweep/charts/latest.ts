/** One request at a time: while one is under way, only the newest of those that follow is kept. */

/** Runs requests one after another and drops those that a later one replaced. */
export class Latest {
  #running = false;
  #waiting: (() => void) | null = null;
  #stopped = false;

  /**
   * @param done Of a request that nothing replaced.
   * @param failed Likewise.
   * @param settled When nothing is under way any more.
   */
  run<T>(
    request: () => Promise<T>,
    done: (result: T) => void,
    failed: (error: unknown) => void,
    settled: () => void,
  ): void {
    const start = async (): Promise<void> => {
      this.#running = true;
      try {
        const result = await request();
        if (!this.#stopped) done(result);
      } catch (error) {
        if (!this.#stopped && !this.#waiting) failed(error);
      }
      this.#running = false;
      const next = this.#waiting;
      this.#waiting = null;
      if (this.#stopped) return;
      if (next) next();
      else settled();
    };
    if (this.#running) this.#waiting = () => void start();
    else void start();
  }

  /** Drops what is under way and what waits. */
  stop(): void {
    this.#stopped = true;
    this.#waiting = null;
  }
}
