/** The links of one peer: who is heard of, how far away it is, what waits to be sent to it. */
import type { DropReason } from '../status';
import type { Link, Traffic } from '../transport/link';
import { Phase } from '../wire/frame';
import { FrameQueue } from '../wire/frame-queue';
import type { AwakeClock } from './awake-clock';
import { decodeMessage, encodeMessage, type Message } from './messages';
import type { PeerHello, Timing } from './parts';

/** A peer that there is a link to. */
export interface PeerLink {
  readonly id: string;
  readonly hello: PeerHello;
  readonly link: Link;
  /** What waits for the bulk lane. */
  readonly queue: FrameQueue;
  /** Time of the last sign of life, in milliseconds of the peer's clock. */
  heard: number;
  roundTrip: number | null;
  /** The shortest one: what waits behind bulk data is not in it. */
  leastRoundTrip: number | null;
  /** What its last heartbeat said, and when its progress last changed. */
  epoch: number;
  /** When that came. */
  beatAt: number;
  progress: number;
  progressAt: number;
  suspects: number[];
  /** Time of the last beat that it answered. */
  echoed: number;
  /** Since when it suspects somebody; null: it does not. */
  suspectsSince: number | null;
}

/** A peer whose link is gone. */
export interface GonePeer {
  id: string;
  hello: PeerHello;
  traffic: Readonly<Traffic>;
  said: boolean;
}

/** What becomes of what arrives. */
export interface LinkEvents {
  onMessage(from: PeerLink, message: Message): void;
  onFrame(from: PeerLink, frame: Uint8Array): void;
  onLost(peer: PeerLink, reason: string): void;
  onDrop(reason: DropReason): void;
}

/** Peers that left or were lost, of which the view still tells. */
const MOST_GONE = 32;

/** Smoothing of the round trip: of TCP (RFC 6298). */
const ROUND_TRIP_GAIN = 1 / 8;

/** All links of one peer. */
export class PeerLinks {
  private readonly peers = new Map<string, PeerLink>();
  /** Peers whose link is gone, newest last. */
  readonly gone: GonePeer[] = [];
  private lastBeat = -Infinity;

  constructor(
    private readonly timing: Timing,
    private readonly clock: AwakeClock,
    private readonly events: LinkEvents,
  ) {}

  get all(): Iterable<PeerLink> {
    return this.peers.values();
  }

  get(id: string): PeerLink | null {
    return this.peers.get(id) ?? null;
  }

  /** Whether there is a link to a peer, or there was one not long ago. */
  knew(id: string): boolean {
    return this.peers.has(id) || this.gone.some((peer) => peer.id === id);
  }

  /** Takes over a link. A new one to the same peer takes the place of the old one. */
  add(id: string, hello: PeerHello, link: Link): PeerLink {
    const before = this.peers.get(id);
    if (before) {
      detach(before.link);
      before.link.close('A newer connection to the same peer took its place.');
    }
    const now = this.clock.now();
    const peer: PeerLink = {
      id,
      hello,
      link,
      queue: new FrameQueue(link),
      heard: now,
      roundTrip: before?.roundTrip ?? null,
      leastRoundTrip: before?.leastRoundTrip ?? null,
      epoch: 0,
      beatAt: -Infinity,
      progress: 0,
      progressAt: now,
      suspects: [],
      echoed: -1,
      suspectsSince: null,
    };
    this.peers.set(id, peer);
    const index = this.gone.findIndex((other) => other.id === id);
    if (index >= 0) this.gone.splice(index, 1);
    link.onMessage = (bytes) => {
      this.clock.wake();
      peer.heard = this.clock.now();
      const message = decodeMessage(bytes);
      if (!message) this.events.onDrop('malformed');
      else if (!this.takeBeat(peer, message)) this.events.onMessage(peer, message);
    };
    link.onFrame = (frame) => {
      this.clock.wake();
      peer.heard = this.clock.now();
      this.events.onFrame(peer, frame);
    };
    link.onClose = (reason) => {
      this.clock.wake();
      if (this.peers.get(id) === peer) this.remove(peer, reason);
    };
    return peer;
  }

  private remove(peer: PeerLink, reason: string): void {
    this.peers.delete(peer.id);
    this.gone.push({ id: peer.id, hello: peer.hello, traffic: { ...peer.link.traffic }, said: false });
    if (this.gone.length > MOST_GONE) this.gone.shift();
    this.events.onLost(peer, reason);
  }

  send(id: string, message: Message): void {
    this.peers.get(id)?.link.send(encodeMessage(message));
  }

  sendTo(ids: Iterable<string>, message: Message): void {
    const bytes = encodeMessage(message);
    for (const id of ids) this.peers.get(id)?.link.send(bytes);
  }

  /** Whether a peer has given no sign of life for too long, or has no link. */
  silent(id: string): boolean {
    const peer = this.peers.get(id);
    return !peer || this.clock.now() - peer.heard > this.timing.silence;
  }

  /** Whether a peer is there and says that it is in no group. */
  inNoGroup(id: string): boolean {
    const peer = this.peers.get(id);
    return peer?.epoch === 0 && this.clock.now() - peer.beatAt <= 2 * this.timing.heartbeat;
  }

  /** Tells all that this peer lives. */
  beat(epoch: number, progress: number, suspects: number[]): void {
    this.lastBeat = this.clock.now();
    const bytes = encodeMessage({ type: 'heartbeat', at: this.lastBeat, epoch, progress, suspects });
    for (const { link } of this.peers.values()) link.send(bytes);
  }

  private takeBeat(peer: PeerLink, message: Message): boolean {
    if (message.type === 'echo') {
      if (message.at > this.lastBeat || message.at <= peer.echoed) {
        this.events.onDrop(message.at > this.lastBeat ? 'malformed' : 'replayed');
        return true;
      }
      peer.echoed = message.at;
      const sample = Math.max(0, this.clock.now() - message.at);
      peer.roundTrip = peer.roundTrip === null ? sample : peer.roundTrip + ROUND_TRIP_GAIN * (sample - peer.roundTrip);
      peer.leastRoundTrip = Math.min(sample, peer.leastRoundTrip ?? sample);
      return true;
    }
    if (message.type !== 'heartbeat') return false;
    peer.link.send(encodeMessage({ type: 'echo', at: message.at }));
    peer.epoch = message.epoch;
    peer.beatAt = this.clock.now();
    if (message.progress !== peer.progress) {
      peer.progress = message.progress;
      peer.progressAt = this.clock.now();
    }
    peer.suspects = message.suspects;
    if (message.suspects.length === 0) peer.suspectsSince = null;
    else peer.suspectsSince ??= this.clock.now();
    return true;
  }

  /** A view was installed that begins at `base`: sums of what stands go on to learners; the rest that waits is void. */
  dropVoid(epoch: number, base: number): void {
    for (const { queue } of this.peers.values()) {
      queue.retain((message) => message.phase === Phase.state || message.epoch === epoch || message.seq <= base);
    }
  }

  /** Lets go of all links, without closing them. */
  release(): void {
    for (const { link } of this.peers.values()) detach(link);
    this.peers.clear();
  }
}

function detach(link: Link): void {
  link.onMessage = null;
  link.onFrame = null;
  link.onClose = null;
}
