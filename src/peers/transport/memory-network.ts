/**
 * A network inside one process, for tests and benches: links with the delays, losses and cuts of a real one.
 *
 * Everything runs on `setTimeout` and `performance.now`, so it follows fake timers (install them before the first link is
 * made). What chance decides comes from one random stream for each lane and direction: the same seed and the same calls
 * give the same deliveries.
 */
import { LatheError } from '../../base/errors';
import { randomStream, type RandomStream } from '../../base/random';
import { HIGH_WATER, type Link } from './link';
import { LinkEnd } from './link-end';

/** What the network does to messages. */
export interface NetworkConditions {
  /** Milliseconds one way. */
  latencyMs: number;
  /** Added to the latency of each message: uniform in [0, jitterMs). */
  jitterMs: number;
  /** Bytes a second that each direction of a link carries; control messages go before waiting frames. */
  bandwidth: number;
  /**
   * Share of packets lost, 0 to below 1. Lanes stay reliable: each loss costs a message one retransmission, that is one
   * more round trip, and holds up what follows on the control lane.
   */
  loss: number;
  /** Share of frames that are held back so that later ones overtake them. */
  reorder: number;
  seed: number;
}

/** Bytes of payload in one packet of a data channel, about. */
const PACKET = 1_200;

/** Milliseconds that a retransmission or a frame out of order takes at least. */
const LEAST_DELAY_MS = 10;

const PERFECT: NetworkConditions = {
  latencyMs: 0,
  jitterMs: 0,
  bandwidth: Infinity,
  loss: 0,
  reorder: 0,
  seed: 0,
};

const READY = Promise.resolve();

/** Peers, named by any text, and the links between them. */
export class MemoryNetwork {
  /** May be changed at any time; messages that left already are not touched. The seed counts for links made later. */
  readonly conditions: NetworkConditions;
  private readonly cuts: [Set<string>, Set<string>][] = [];
  private readonly dead = new Set<string>();
  private readonly ends = new Set<MemoryLink>();
  private made = 0;

  constructor(conditions: Partial<NetworkConditions> = {}) {
    this.conditions = { ...PERFECT, ...conditions };
  }

  /** A link between two peers: the end at `a` and the end at `b`. Several between the same two are independent. */
  connect(a: string, b: string): [Link, Link] {
    const name = this.made++;
    const there = new Direction(this, a, b, name);
    const back = new Direction(this, b, a, name);
    const atA = new MemoryLink(there, back, this.ends);
    const atB = new MemoryLink(back, there, this.ends);
    there.target = atB;
    back.target = atA;
    this.ends.add(atA).add(atB);
    return [atA, atB];
  }

  /** Nothing passes between the two groups until `heal`. Links stay open and keep what they carry, as real ones do. */
  cut(groupA: Iterable<string>, groupB: Iterable<string>): void {
    this.cuts.push([new Set(groupA), new Set(groupB)]);
  }

  /** Ends all cuts; what was held goes on its way. */
  heal(): void {
    this.cuts.length = 0;
    for (const end of this.ends) end.incoming.resume();
  }

  /**
   * The peer falls silent, as a machine does that loses its power: nothing from it or to it arrives any more, and no link
   * closes. What others send it is taken until their queues are full.
   */
  kill(peer: string): void {
    this.dead.add(peer);
  }

  /** The peer's process ends: it hears nothing more, and the other ends of its links close after the latency. */
  crash(peer: string): void {
    for (const end of [...this.ends]) if (end.outgoing.from === peer) end.vanish();
  }

  /** Whether nothing passes from one peer to the other now. */
  blocked(from: string, to: string): boolean {
    if (this.dead.has(from) || this.dead.has(to)) return true;
    return this.cuts.some(([a, b]) => (a.has(from) && b.has(to)) || (b.has(from) && a.has(to)));
  }
}

/** What is under way: bytes, or the news that the sender closed. */
type Parcel = Uint8Array | { closed: string };

/** One direction of a link: a queue for each lane, the wire, and what is under way. */
class Direction {
  target: MemoryLink | null = null;
  private readonly controlQueue: Parcel[] = [];
  private readonly frameQueue: Uint8Array[] = [];
  private queuedFrameBytes = 0;
  private readonly waiting: { resolve: () => void; reject: (error: LatheError) => void }[] = [];
  /** Time at which the wire has sent what it took, in milliseconds of `performance.now`. */
  private freeAt = 0;
  private wakes = false;
  /** Control parcels on their way, oldest first, and how many of them a cut stopped at their arrival. */
  private readonly controlUnderWay: Parcel[] = [];
  private controlHeld = 0;
  private controlArrival = 0;
  private framesHeld: Uint8Array[] = [];
  private readonly controlChance: RandomStream;
  private readonly frameChance: RandomStream;

  constructor(
    private readonly network: MemoryNetwork,
    readonly from: string,
    readonly to: string,
    name: number,
  ) {
    const { seed } = network.conditions;
    this.controlChance = randomStream(seed, 'control', from, to, name);
    this.frameChance = randomStream(seed, 'bulk', from, to, name);
  }

  control(parcel: Parcel): void {
    this.controlQueue.push(parcel);
    this.transmit();
  }

  frame(frame: Uint8Array): Promise<void> {
    this.frameQueue.push(frame);
    this.queuedFrameBytes += frame.byteLength;
    this.transmit();
    if (this.queuedFrameBytes < HIGH_WATER) return READY;
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** The sender closed: frames that wait are given up. */
  abandonFrames(reason: string): void {
    this.frameQueue.length = 0;
    this.queuedFrameBytes = 0;
    for (const { reject } of this.waiting.splice(0)) reject(closedError(this.to, reason));
  }

  /** The sender's process is gone: all that has not left yet is lost. */
  abandonAll(reason: string): void {
    this.controlQueue.length = 0;
    this.abandonFrames(reason);
  }

  /** After a cut. */
  resume(): void {
    if (this.network.blocked(this.from, this.to)) return;
    const { latencyMs } = this.network.conditions;
    for (; this.controlHeld > 0; this.controlHeld--) setTimeout(() => this.arriveControl(), latencyMs);
    for (const frame of this.framesHeld.splice(0)) setTimeout(() => this.arriveFrame(frame), latencyMs);
    this.transmit();
  }

  /** Puts on the wire what it can take up to now. */
  private transmit(): void {
    if (this.wakes || this.network.blocked(this.from, this.to)) return;
    // An idle wire does not save up time.
    this.freeAt = Math.max(this.freeAt, performance.now());
    this.fillWire();
  }

  private fillWire(): void {
    const now = performance.now();
    const { bandwidth } = this.network.conditions;
    while (this.freeAt <= now) {
      const control = this.controlQueue.shift();
      const frame = control === undefined ? this.frameQueue.shift() : undefined;
      if (control !== undefined) {
        this.freeAt += (sizeOf(control) / bandwidth) * 1_000;
        this.departControl(control, now);
      } else if (frame !== undefined) {
        this.freeAt += (frame.byteLength / bandwidth) * 1_000;
        this.queuedFrameBytes -= frame.byteLength;
        this.departFrame(frame, now);
      } else break;
    }
    if (this.queuedFrameBytes < HIGH_WATER) for (const { resolve } of this.waiting.splice(0)) resolve();
    if (this.controlQueue.length + this.frameQueue.length === 0) return;
    this.wakes = true;
    setTimeout(
      () => {
        this.wakes = false;
        // From where the wire was free, not from now: timers are late, and their lateness must not cost bandwidth.
        if (!this.network.blocked(this.from, this.to)) this.fillWire();
      },
      Math.ceil(this.freeAt - now),
    );
  }

  private departControl(parcel: Parcel, now: number): void {
    const delay = this.delay(sizeOf(parcel), this.controlChance);
    this.controlArrival = Math.max(this.controlArrival, this.freeAt + delay);
    this.controlUnderWay.push(parcel);
    // Each timer delivers the oldest parcel, whichever it was set for: timers that end together may come in any order.
    setTimeout(() => this.arriveControl(), Math.ceil(this.controlArrival - now));
  }

  private departFrame(frame: Uint8Array, now: number): void {
    const { reorder, latencyMs, jitterMs } = this.network.conditions;
    let arrival = this.freeAt + this.delay(frame.byteLength, this.frameChance);
    if (this.frameChance.uniform() < reorder) {
      arrival += (0.5 + this.frameChance.uniform()) * Math.max(LEAST_DELAY_MS, latencyMs + jitterMs);
    }
    setTimeout(() => this.arriveFrame(frame), Math.ceil(arrival - now));
  }

  private delay(bytes: number, chance: RandomStream): number {
    const { latencyMs, jitterMs, loss } = this.network.conditions;
    let delay = latencyMs + chance.uniform() * jitterMs;
    let packets = Math.max(1, Math.ceil(bytes / PACKET));
    // The packets of one message are retransmitted together; those lost again, again.
    while (chance.uniform() >= (1 - loss) ** packets) {
      delay += Math.max(LEAST_DELAY_MS, 2 * latencyMs + jitterMs);
      packets = Math.max(1, Math.ceil(packets * loss));
    }
    return delay;
  }

  private arriveControl(): void {
    if (this.network.blocked(this.from, this.to)) {
      this.controlHeld++;
      return;
    }
    const parcel = this.controlUnderWay.shift();
    if (parcel === undefined || this.target === null) return;
    if (parcel instanceof Uint8Array) this.target.deliverMessage(parcel);
    else this.target.shut(parcel.closed);
  }

  private arriveFrame(frame: Uint8Array): void {
    if (this.network.blocked(this.from, this.to)) this.framesHeld.push(frame);
    else this.target?.deliverFrame(frame);
  }
}

/** One end of a link. */
class MemoryLink extends LinkEnd {
  constructor(
    readonly outgoing: Direction,
    readonly incoming: Direction,
    /** The ends that are open, of which this is one until it closes. */
    private readonly open: Set<MemoryLink>,
  ) {
    super();
  }

  send(message: Uint8Array): void {
    if (this.closed) return;
    this.counted.sent += message.byteLength;
    this.outgoing.control(message.slice());
  }

  sendFrame(frame: Uint8Array): Promise<void> {
    if (this.closed) return Promise.reject(closedError(this.outgoing.to, this.reason));
    this.counted.sent += frame.byteLength;
    return this.outgoing.frame(frame.slice());
  }

  close(reason: string): void {
    if (this.closed) return;
    this.shut(reason);
    this.outgoing.control({ closed: reason });
  }

  /** Closes this end, without a word to the other. */
  shut(reason: string): void {
    if (this.closed) return;
    this.open.delete(this);
    this.outgoing.abandonFrames(reason);
    this.end(reason);
  }

  /** This end's process is gone: it hears nothing, the other end is told by the network. */
  vanish(): void {
    if (this.closed) return;
    this.closed = true;
    this.open.delete(this);
    const reason = `The connection to ${this.outgoing.from} was lost.`;
    this.outgoing.abandonAll(reason);
    this.outgoing.control({ closed: reason });
  }

  deliverMessage(message: Uint8Array): void {
    if (this.closed) return;
    this.counted.received += message.byteLength;
    this.messages.deliver(message);
  }

  deliverFrame(frame: Uint8Array): void {
    if (this.closed) return;
    this.counted.received += frame.byteLength;
    this.frames.deliver(frame);
  }
}

function sizeOf(parcel: Parcel): number {
  return parcel instanceof Uint8Array ? parcel.byteLength : 0;
}

function closedError(peer: string, reason: string): LatheError {
  return new LatheError('training', `A frame to ${peer} was not sent, because the link is closed. ${reason}`);
}
