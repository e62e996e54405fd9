/** What arrived on one lane of a link. */

/** Bytes that a lane keeps while nobody takes them. */
const MOST_KEPT = 64 * 1024 * 1024;

/** Bytes that each of them takes besides, about. */
const OVERHEAD = 256;

/**
 * Gives what arrives to a handler, in order. While there is none it is kept, so that nothing is lost between two owners
 * of a link (a handshake that ends, a group that begins).
 */
export class Inbox {
  private taker: ((bytes: Uint8Array) => void) | null = null;
  private readonly kept: Uint8Array[] = [];
  private keptBytes = 0;
  private scheduled = false;

  /** @param overflow called when more than 64 MiB wait for a handler */
  constructor(private readonly overflow: () => void) {}

  get handler(): ((bytes: Uint8Array) => void) | null {
    return this.taker;
  }

  /** What was kept is delivered after the current call stack. */
  set handler(handler: ((bytes: Uint8Array) => void) | null) {
    this.taker = handler;
    this.schedule();
  }

  deliver(bytes: Uint8Array): void {
    if (this.taker !== null && this.kept.length === 0) {
      this.taker(bytes);
      return;
    }
    this.kept.push(bytes);
    this.keptBytes += bytes.byteLength + OVERHEAD;
    if (this.keptBytes > MOST_KEPT) this.overflow();
  }

  /** Forgets what is kept: the link closed. */
  clear(): void {
    this.kept.length = 0;
    this.keptBytes = 0;
  }

  private schedule(): void {
    if (this.scheduled || this.taker === null || this.kept.length === 0) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (this.taker === null) return;
      const first = this.kept.shift();
      if (first === undefined) return;
      this.keptBytes -= first.byteLength + OVERHEAD;
      // Before the handler, which may throw: the others still arrive.
      this.schedule();
      this.taker(first);
    });
  }
}
