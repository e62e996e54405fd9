/**
 * One link used for three things: the group that trains, the lobby, where browsers tell what there is, copy datasets and
 * send examples, and the trials of a search, which send no frames. Training goes first: a frame of the lobby is sent only
 * while the group sends nothing on this link, or once in a while.
 *
 * Control messages begin with one byte that says whose they are. Frames are told apart by their first two bytes; whatever
 * is no frame of the lobby's is the group's, which counts what it cannot read.
 */
import type { Link } from '../transport/link';
import { isPieceFrame, isUrgent } from './piece-frame';

/** A link's users. Each is a link of its own; closing one closes all. */
export interface SplitLink {
  group: Link;
  lobby: Link;
  trials: Link;
}

const GROUP = 0x67; // g
const LOBBY = 0x6c; // l
const TRIALS = 0x74; // t

/** Longest time that a frame of the lobby waits for a group that never stops sending: a copy must end some day. */
const LONGEST_WAIT_MS = 250;

/** The same for examples: whoever waits for them computes nothing meanwhile. */
const EXAMPLES_WAIT_MS = 25;

/** So long after its last frame the group is taken to be done with an exchange: in milliseconds. */
const QUIET_MS = 10;

/** Splits `link`, whose handlers are taken over. */
export function splitLink(link: Link): SplitLink {
  const group = new Lane(link, GROUP);
  const lobby = new Lane(link, LOBBY);
  const trials = new Lane(link, TRIALS);
  const turns = new Turns();
  group.sendFrame = (frame) => turns.first(() => link.sendFrame(frame));
  lobby.sendFrame = (frame) =>
    turns.second(() => link.sendFrame(frame), isUrgent(frame) ? EXAMPLES_WAIT_MS : LONGEST_WAIT_MS);

  link.onMessage = (message) => {
    if (message.length === 0) return;
    const [name] = message;
    const lane = name === LOBBY ? lobby : name === TRIALS ? trials : group;
    // What begins with no name of a lane is passed on whole: the group counts it as malformed.
    lane.onMessage?.(name === lane.name ? message.subarray(1) : message);
  };
  link.onFrame = (frame) => (isPieceFrame(frame) ? lobby : group).onFrame?.(frame);
  link.onClose = (reason) => {
    group.onClose?.(reason);
    lobby.onClose?.(reason);
    trials.onClose?.(reason);
  };
  return { group, lobby, trials };
}

/** One user's side of a link. */
class Lane implements Link {
  onMessage: Link['onMessage'] = null;
  onFrame: Link['onFrame'] = null;
  onClose: Link['onClose'] = null;
  sendFrame: Link['sendFrame'];
  /** The first byte of its messages. */
  readonly name: number;
  readonly #link: Link;

  constructor(link: Link, name: number) {
    this.#link = link;
    this.name = name;
    this.sendFrame = (frame) => link.sendFrame(frame);
  }

  get closed(): boolean {
    return this.#link.closed;
  }

  get traffic(): Link['traffic'] {
    return this.#link.traffic;
  }

  send(message: Uint8Array): void {
    const named = new Uint8Array(message.length + 1);
    named[0] = this.name;
    named.set(message, 1);
    this.#link.send(named);
  }

  close(reason: string): void {
    this.#link.close(reason);
  }
}

/** Who sends frames when. */
class Turns {
  #sending = 0;
  #lastSent = -Infinity;

  /** Sends at once. */
  async first<T>(send: () => Promise<T>): Promise<T> {
    this.#sending++;
    try {
      return await send();
    } finally {
      this.#sending--;
      this.#lastSent = performance.now();
    }
  }

  /** Sends when nobody sends before it, or when it has waited long enough. */
  async second<T>(send: () => Promise<T>, longestMs: number): Promise<T> {
    const end = performance.now() + longestMs;
    while (this.#busy() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    return send();
  }

  /** Between two frames of one exchange there is a moment without any. */
  #busy(): boolean {
    return this.#sending > 0 || performance.now() - this.#lastSent < QUIET_MS;
  }
}
