/** One end of a link with somebody in the middle, who hears what arrives and puts in more in the name of the other end. */
import type { Link } from '../../../src/peers/transport/link';

/** What arrives on a lane. */
export type Lane = 'message' | 'frame';

/** Hears what is about to arrive, and says what arrives in its place, in order. */
export type Tap = (lane: Lane, bytes: Uint8Array) => Iterable<{ lane: Lane; bytes: Uint8Array }>;

/** The end that hears more than was sent. */
export class TappedLink implements Link {
  onMessage: Link['onMessage'] = null;
  onFrame: Link['onFrame'] = null;
  readonly #link: Link;

  /** @param tap null: what arrives is what was sent. */
  constructor(
    link: Link,
    public tap: Tap | null = null,
  ) {
    this.#link = link;
    link.onMessage = (bytes) => this.#arrive('message', bytes);
    link.onFrame = (bytes) => this.#arrive('frame', bytes);
  }

  /** As if the other end had sent it. */
  inject(lane: Lane, bytes: Uint8Array): void {
    if (this.closed) return;
    if (lane === 'message') this.onMessage?.(bytes);
    else this.onFrame?.(bytes);
  }

  #arrive(lane: Lane, bytes: Uint8Array): void {
    for (const one of this.tap?.(lane, bytes) ?? [{ lane, bytes }]) this.inject(one.lane, one.bytes);
  }

  get closed(): boolean {
    return this.#link.closed;
  }

  get traffic(): Link['traffic'] {
    return this.#link.traffic;
  }

  get onClose(): Link['onClose'] {
    return this.#link.onClose;
  }

  set onClose(handler: Link['onClose']) {
    this.#link.onClose = handler;
  }

  send(message: Uint8Array): void {
    this.#link.send(message);
  }

  sendFrame(frame: Uint8Array): Promise<void> {
    return this.#link.sendFrame(frame);
  }

  close(reason: string): void {
    this.#link.close(reason);
  }
}
