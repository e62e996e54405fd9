/**
 * Time as a peer lived through it. A page that is frozen, or a thread that is held up, wakes up to late timers and full
 * inboxes; were that time counted, it would take all others for silent and each deadline for missed before it has read
 * what they sent meanwhile, and the members of a group in one process would put each other out.
 */

/** Milliseconds, from any start, without those that were slept through. */
export class AwakeClock {
  private last = performance.now();
  private slept = 0;

  /**
   * @param usual Milliseconds that may lie between two calls of `wake`, as timers go.
   * @param most A longer gap was a sleep, and counts as a usual one.
   */
  constructor(
    private readonly usual: number,
    private readonly most: number,
  ) {}

  /** Called before anything else wherever this peer is woken: by a timer, by a message. */
  wake(): void {
    const now = performance.now();
    const gap = now - this.last;
    this.last = now;
    if (gap > this.most) this.slept += gap - this.usual;
  }

  now(): number {
    return performance.now() - this.slept;
  }
}
