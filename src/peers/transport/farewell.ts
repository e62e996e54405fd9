/** Tells once that a link closed and why: never within the call that closes it, and later where nobody listens yet. */
export class Farewell {
  private listener: ((reason: string) => void) | null = null;
  private reason: string | null = null;
  private told = false;

  get handler(): ((reason: string) => void) | null {
    return this.listener;
  }

  set handler(handler: ((reason: string) => void) | null) {
    this.listener = handler;
    this.schedule();
  }

  /** The link closed. Only the first time counts. */
  say(reason: string): void {
    if (this.reason !== null) return;
    this.reason = reason;
    this.schedule();
  }

  private schedule(): void {
    if (this.reason === null) return;
    queueMicrotask(() => {
      if (this.told || this.listener === null || this.reason === null) return;
      this.told = true;
      this.listener(this.reason);
    });
  }
}
