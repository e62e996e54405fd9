/**
 * The full mesh of a room, on the page: a link to everybody who is there, made anew when it breaks. Of two peers the one with
 * the higher id offers. Everything that they say to each other on the way is sealed; what is not from somebody with the
 * room's secret is dropped and counted.
 */
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from '../signalling/messages';
import type { EnvelopeFault, Sealer } from '../signalling/envelope';
import type { NewPeer } from './new-peer';
import { CONNECTION_TIMINGS, PeerConnection, type ConnectionTimings } from './peer-connection';
import { newPeerId } from '../signalling/room';

/** How a link to a peer is. */
export type PeerLinkState =
  | { state: 'connecting' }
  | { state: 'connected' }
  /** It ended, for `reason`. */
  | { state: 'closed'; reason: string };

/** What a connector needs. */
export interface PeerConnectorOptions {
  /** Id of this page session. */
  me: string;
  sealer: Sealer;
  rtc: RTCConfiguration;
  /** Connections to each peer: of the side that offers. */
  connections: number;
  /** Hands an envelope to the signalling server. */
  send: (to: string, envelope: string) => void;
  /**
   * Called when a link is begun, in the task that made its channels: they can still be transferred. They open later. Whoever
   * finds that they closed, or that the other end gave no proof, calls `drop`.
   */
  onPeer: (peer: NewPeer) => void;
  onLinkState?: (peerId: string, state: PeerLinkState) => void;
  /** An envelope was not opened, or held nothing that makes sense: somebody without the secret, or a server that meddles. */
  onFault?: (from: string, fault: EnvelopeFault) => void;
  timings?: Partial<MeshTimings>;
}

/** Milliseconds. */
export interface MeshTimings extends ConnectionTimings {
  /** The first pause before a link is made anew; each next is twice as long. */
  first_pause: number;
  longest_pause: number;
}

const TIMINGS: MeshTimings = { ...CONNECTION_TIMINGS, first_pause: 500, longest_pause: 30_000 };

const NO_SECRET = 'The two browsers have different secrets for this room.';

/** Most links at a time: a room takes no more peers. */
const MOST_PEERS = 64;

interface Mate {
  /** At the signalling server, as far as it told. */
  present: boolean;
  link: PeerConnection | null;
  /** Attempts in a row that came to nothing. */
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Messages are sealed, and taken, one after another. */
  outgoing: Promise<void>;
  incoming: Promise<void>;
  /** Not connected to as long as it is there. */
  shunned: boolean;
}

/** The mesh. */
export class PeerConnector {
  readonly #options: PeerConnectorOptions;
  readonly #timings: MeshTimings;
  readonly #mates = new Map<string, Mate>();
  #closed = false;

  constructor(options: PeerConnectorOptions) {
    this.#options = options;
    this.#timings = { ...TIMINGS, ...options.timings };
  }

  /** Ids of the peers that are connected. */
  get connected(): string[] {
    return [...this.#mates].filter(([, { link }]) => link?.connected).map(([id]) => id);
  }

  /** Everybody who is in the room besides this page, as the signalling server says on entry. */
  peersAre(peers: readonly string[]): void {
    for (const [id, mate] of this.#mates) {
      mate.present = peers.includes(id);
      this.#tidy(id, mate);
    }
    for (const id of peers) this.peerCame(id);
  }

  /** Somebody entered the room. */
  peerCame(id: string): void {
    if (id === this.#options.me || this.#closed) return;
    const mate = this.#mate(id);
    if (!mate) return;
    mate.present = true;
    if (mate.link === null) {
      mate.failures = 0;
      this.#connect(id, mate);
    }
  }

  /** Somebody has no connection to the server any more. The link to it goes on if it works; it is not made anew. */
  peerWent(id: string): void {
    const mate = this.#mates.get(id);
    if (!mate) return;
    mate.present = false;
    // One that was connected may find its way again: whoever loses one network often loses both connections.
    if (mate.link && !mate.link.everConnected) mate.link.close('It left before it was connected.');
    this.#tidy(id, mate);
  }

  /** An envelope came, said to be from the peer `from`. */
  receive(from: string, envelope: string): void {
    // The server announces a peer before it passes on what it says.
    const mate = this.#mates.get(from);
    if (!mate || this.#closed) return;
    mate.incoming = this.#next(from, mate.incoming, async () => {
      const opened = await this.#options.sealer.open(from, envelope);
      if (this.#closed) return;
      if ('fault' in opened) return this.#fault(from, mate, opened.fault);
      const message = decodePeerMessage(opened.content);
      if (message === null) return this.#fault(from, mate, 'malformed');
      await this.#take(from, mate, message);
    });
  }

  /**
   * Ends the link to a peer.
   * @param shun whether it is not connected to again: it gave no proof of the secret
   */
  drop(id: string, reason: string, shun = false): void {
    const mate = this.#mates.get(id);
    if (!mate) return;
    mate.shunned ||= shun;
    mate.link?.close(reason);
  }

  /** Ends all links. Resolves when the others were told. */
  async close(reason: string): Promise<void> {
    const mates = [...this.#mates.values()];
    for (const { link } of mates) link?.close(reason);
    this.#closed = true;
    for (const { timer } of mates) clearTimeout(timer);
    await Promise.all(mates.map(({ outgoing }) => outgoing));
    this.#mates.clear();
  }

  #mate(id: string): Mate | null {
    const known = this.#mates.get(id);
    if (known) return known;
    if (this.#mates.size >= MOST_PEERS) return null;
    const mate: Mate = {
      present: false,
      link: null,
      failures: 0,
      timer: undefined,
      outgoing: Promise.resolve(),
      incoming: Promise.resolve(),
      shunned: false,
    };
    this.#mates.set(id, mate);
    return mate;
  }

  /** An envelope that was not opened. Whoever seals with another key has no part in the room, unless it proved otherwise. */
  #fault(from: string, mate: Mate, fault: EnvelopeFault): void {
    this.#options.onFault?.(from, fault);
    if (fault !== 'forged' || mate.shunned || mate.link?.everConnected) return;
    mate.shunned = true;
    // The side that offers hears nothing from one who cannot read the offer: the answer, as unreadable to it, tells it why.
    if (from > this.#options.me) {
      this.#send(from, mate, { type: 'closed', connection: newPeerId(), reason: NO_SECRET });
    }
    mate.link?.close(NO_SECRET);
  }

  async #take(from: string, mate: Mate, message: PeerMessage): Promise<void> {
    const { link } = mate;
    if (link && link.peer.connection === message.connection) return link.receive(message);
    // What belongs to an older link does not matter any more; only an offer begins a new one.
    if (message.type !== 'offer' || mate.shunned || from < this.#options.me) return;
    if (message.number !== 1 || message.index !== 0) {
      // It belongs to a link that has ended here.
      this.#send(from, mate, { type: 'closed', connection: message.connection, reason: 'The link had ended.' });
      return;
    }
    link?.close('It was connected to anew.');
    const begun = this.#begin(from, mate, message.connection, message.connections);
    await begun.receive(message);
  }

  #connect(id: string, mate: Mate): void {
    clearTimeout(mate.timer);
    // The other side offers.
    if (id > this.#options.me || mate.shunned || mate.link || !mate.present || this.#closed) return;
    void this.#begin(id, mate, newPeerId(), this.#options.connections).start();
  }

  #begin(id: string, mate: Mate, connection: string, connections: number): PeerConnection {
    let since: number | null = null;
    const link: PeerConnection = new PeerConnection({
      peerId: id,
      connection,
      connections,
      role: id < this.#options.me ? 'offerer' : 'answerer',
      rtc: this.#options.rtc,
      timings: this.#timings,
      send: (message) => this.#send(id, mate, message),
      onConnected: () => {
        since ??= performance.now();
        this.#options.onLinkState?.(id, { state: 'connected' });
      },
      onClosed: (reason) => {
        if (mate.link === link) mate.link = null;
        // A link that breaks as soon as it is there is no success.
        if (since !== null && performance.now() - since > this.#timings.longest_pause) mate.failures = 0;
        this.#options.onLinkState?.(id, { state: 'closed', reason });
        this.#again(id, mate);
      },
    });
    mate.link = link;
    this.#options.onPeer(link.peer);
    this.#options.onLinkState?.(id, { state: 'connecting' });
    return link;
  }

  /** Does `work` after what came before it. A failure is a defect: it ends the link and shows in the browser's console. */
  async #next(id: string, before: Promise<void>, work: () => Promise<void>): Promise<void> {
    await before;
    try {
      await work();
    } catch (error) {
      reportError(error);
      this.drop(id, 'This browser failed at connecting.');
    }
  }

  /** After a link ended: tries again in a while, if the peer is still there. */
  #again(id: string, mate: Mate): void {
    if (this.#closed) return;
    if (!mate.present) return this.#tidy(id, mate);
    const { first_pause, longest_pause } = this.#timings;
    const pause = Math.min(longest_pause, first_pause * 2 ** mate.failures++);
    clearTimeout(mate.timer);
    mate.timer = setTimeout(() => this.#connect(id, mate), pause * (0.5 + Math.random() / 2));
  }

  /** Forgets somebody who is gone, so that a long session with many visitors does not grow. */
  #tidy(id: string, mate: Mate): void {
    if (mate.present || mate.link) return;
    clearTimeout(mate.timer);
    this.#mates.delete(id);
  }

  #send(to: string, mate: Mate, message: PeerMessage): void {
    if (this.#closed) return;
    const content = encodePeerMessage(message);
    mate.outgoing = this.#next(to, mate.outgoing, async () => {
      this.#options.send(to, await this.#options.sealer.seal(to, content));
    });
  }
}
