/** Stops a peer in the middle of what it does. */
import { decodeMessage } from '../../../src/peers/group/messages';
import type { Link } from '../../../src/peers/transport/link';
import { Phase as FramePhase, readFrame, type Frame } from '../../../src/peers/wire/frame';

/** A place in the protocol where a peer can stand still. */
export type Phase =
  /** It joins: part of the state has arrived. */
  | 'joining'
  /** Own gradients are computed, none was sent. */
  | 'before reduce'
  /** Own gradients went out in part. */
  | 'mid-reduce'
  /** The sum of the own shard went to one member and to no other. */
  | 'mid-gather'
  /** Its vote went to all. */
  | 'after vote'
  /** Its vote went to one member and to no other: that one can commit. */
  | 'mid-commit'
  /** Part of the state went to one that joins. */
  | 'sending state';

/** Where a peer stops; `seq`: the first transaction in which it may, for phases that belong to one. */
export interface Stop {
  phase: Phase;
  seq: number;
}

/** Frames that a phase goes by. */
const FRAMES: Partial<Record<Phase, (frame: Frame, seq: number) => boolean>> = {
  joining: ({ phase }) => phase === FramePhase.state,
  'before reduce': ({ phase, seq }, wanted) => phase !== FramePhase.state && seq >= wanted,
  'mid-reduce': ({ phase, seq }, wanted) => phase === FramePhase.reduce && seq >= wanted,
  'mid-gather': ({ phase, seq }, wanted) => phase === FramePhase.gather && seq >= wanted,
  'sending state': ({ phase }) => phase === FramePhase.state,
};

/** Watches what goes by on all links of a peer, and stops it for good where it is told to. */
export class Tripwire {
  stop: Stop | null = null;
  readonly #links: Link[] = [];
  /** What went by of the phase, of one transaction: who is dealt nothing sends no gradients, and waits for the next. */
  #passed = 0;
  #seq = -1;
  #halted = false;
  readonly #onHalt: (seq: number) => void;

  /** @param onHalt the peer stands there, in this transaction; from then on nothing goes through its links */
  constructor(onHalt: (seq: number) => void) {
    this.#onHalt = onHalt;
  }

  get halted(): boolean {
    return this.#halted;
  }

  /** The same link, watched. */
  around(link: Link): Link {
    this.#links.push(link);
    return new WatchedLink(link, this);
  }

  /** A frame is about to be sent or taken. */
  frame(bytes: Uint8Array, arrives: boolean): void {
    if (!this.stop) return;
    const { phase, seq } = this.stop;
    const frame = readFrame(bytes);
    if (typeof frame === 'string' || arrives !== (phase === 'joining') || !FRAMES[phase]?.(frame, seq)) return;
    if (this.#count(frame.seq) > (phase === 'before reduce' ? 0 : 1)) this.#halt();
  }

  /** A message is about to be sent. */
  message(bytes: Uint8Array): void {
    if (this.stop?.phase !== 'mid-commit') return;
    const seq = votedFor(bytes);
    if (seq >= this.stop.seq && this.#count(seq) > 1) this.#halt();
  }

  /** A message was sent. */
  messageSent(bytes: Uint8Array): void {
    if (this.stop?.phase !== 'after vote') return;
    const seq = votedFor(bytes);
    const others = this.#links.filter(({ closed }) => !closed).length;
    if (seq >= this.stop.seq && this.#count(seq) === others) this.#halt();
  }

  #count(seq: number): number {
    if (seq !== this.#seq) this.#passed = 0;
    this.#seq = seq;
    return ++this.#passed;
  }

  #halt(): void {
    if (this.#halted) return;
    this.#halted = true;
    this.#onHalt(this.#seq);
  }
}

/** The transaction that a message is a vote for; -1: it is none. */
function votedFor(bytes: Uint8Array): number {
  const message = decodeMessage(bytes);
  return message?.type === 'vote' ? message.at.seq : -1;
}

/** A link that tells of what goes through it. */
class WatchedLink implements Link {
  readonly #link: Link;
  readonly #wire: Tripwire;
  #onFrame: Link['onFrame'] = null;

  constructor(link: Link, wire: Tripwire) {
    this.#link = link;
    this.#wire = wire;
  }

  send(message: Uint8Array): void {
    this.#wire.message(message);
    if (this.#wire.halted) return;
    this.#link.send(message);
    this.#wire.messageSent(message);
  }

  sendFrame(frame: Uint8Array): Promise<void> {
    this.#wire.frame(frame, false);
    return this.#wire.halted ? new Promise(() => undefined) : this.#link.sendFrame(frame);
  }

  get onFrame(): Link['onFrame'] {
    return this.#onFrame;
  }

  set onFrame(handler: Link['onFrame']) {
    this.#onFrame = handler;
    this.#link.onFrame =
      handler &&
      ((frame) => {
        this.#wire.frame(frame, true);
        if (!this.#wire.halted) handler(frame);
      });
  }

  get onMessage(): Link['onMessage'] {
    return this.#link.onMessage;
  }

  set onMessage(handler: Link['onMessage']) {
    this.#link.onMessage = handler;
  }

  get onClose(): Link['onClose'] {
    return this.#link.onClose;
  }

  set onClose(handler: Link['onClose']) {
    this.#link.onClose = handler;
  }

  get closed(): boolean {
    return this.#link.closed;
  }

  get traffic(): Link['traffic'] {
    return this.#link.traffic;
  }

  close(reason: string): void {
    this.#link.close(reason);
  }
}
