/**
 * One attempt to connect to one peer, and the link that comes of it: one or more `RTCPeerConnection`s with their channels.
 * One side offers, for good: there is no glare (RFC 8829 leaves that to the application). When the way is lost, ICE is
 * restarted (RFC 8445, section 9); what was sent meanwhile arrives later.
 */
import type { PeerMessage } from '../signalling/messages';
import { fingerprintOf, type Fingerprints } from './fingerprints';
import { createLanes } from './lanes';
import type { ConnectionRole, NewPeer } from './new-peer';

/** Milliseconds. */
export interface ConnectionTimings {
  /** Until an attempt that reaches nobody is given up. */
  connect: number;
  /** Between two tries to find another way, when the way is lost. */
  restart: number;
  /** Until a link whose way is lost is given up. */
  lost: number;
}

export const CONNECTION_TIMINGS: ConnectionTimings = { connect: 20_000, restart: 5_000, lost: 30_000 };

const NO_WAY =
  'No way to it was found: the network between the two lets nothing through. A STUN or TURN server in the settings can help.';

/** What a connection needs. */
export interface PeerConnectionOptions {
  peerId: string;
  /** 16 hex digits, chosen by the side that offers. */
  connection: string;
  role: ConnectionRole;
  connections: number;
  rtc: RTCConfiguration;
  timings: ConnectionTimings;
  /** Sends a message to the other side. */
  send: (message: PeerMessage) => void;
  /** Called when all of it is connected: once, and again after each break. */
  onConnected: () => void;
  /** Called once. */
  onClosed: (reason: string) => void;
}

/** A candidate as a connection tells it. */
type CandidateMessage = PeerMessage & { type: 'candidate' };

interface Part {
  rtc: RTCPeerConnection;
  /** Of the last offer, made or answered. */
  number: number;
  local: string | null;
  remote: string | null;
  /** That came before the description that they belong to. */
  early: CandidateMessage[];
  /** Whether the own first description was sent, and what was found before that. */
  told: boolean;
  untold: CandidateMessage[];
  /** When ICE was restarted last, in milliseconds. */
  restarted: number;
}

/** A link being made, or made. */
export class PeerConnection {
  /** For the worker; its channels can be transferred in the task that made this object. */
  readonly peer: NewPeer;
  readonly #options: PeerConnectionOptions;
  readonly #parts: Part[];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #resolveFingerprints: (fingerprints: Fingerprints) => void = () => {};
  #resolveClosed: (reason: string) => void = () => {};
  #everConnected = false;
  #connected = false;
  #closed = false;

  constructor(options: PeerConnectionOptions) {
    this.#options = options;
    this.#parts = Array.from({ length: options.connections }, () => ({
      rtc: new RTCPeerConnection(options.rtc),
      number: 0,
      local: null,
      remote: null,
      early: [],
      told: false,
      untold: [],
      restarted: -Infinity,
    }));
    this.peer = {
      peerId: options.peerId,
      connection: options.connection,
      role: options.role,
      patienceMs: options.timings.connect + options.timings.lost,
      ...createLanes(this.#parts.map(({ rtc }) => rtc)),
      fingerprints: new Promise((resolve) => (this.#resolveFingerprints = resolve)),
      closed: new Promise((resolve) => (this.#resolveClosed = resolve)),
    };
    this.#parts.forEach((part, index) => {
      part.rtc.onconnectionstatechange = () => this.#check();
      part.rtc.onicecandidate = ({ candidate }) => this.#tell(index, candidate);
    });
    this.#after(options.timings.connect, () => {
      if (!this.#everConnected) this.close(NO_WAY);
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether it was connected at any time. */
  get everConnected(): boolean {
    return this.#everConnected;
  }

  /** Makes the first offers. */
  async start(): Promise<void> {
    // In order: the offer of the first connection is what begins a link on the other side.
    for (const index of this.#parts.keys()) await this.#offer(index, false);
  }

  /** Takes a message of the other side; to be called one after another. A description that does not fit ends the link. */
  async receive(message: PeerMessage): Promise<void> {
    if (this.#closed) return;
    if (message.type === 'closed') {
      this.#end(message.reason);
      return;
    }
    const part = this.#parts.at(message.index);
    if (!part) return this.close('It speaks of a connection that there is not.');
    switch (message.type) {
      case 'offer':
        // An offer to one that offers, or an old one that a newer overtook.
        if (this.#options.role === 'offerer' || message.number <= part.number) return;
        part.number = message.number;
        await this.#guard(async () => {
          await this.#describe(part, { type: 'offer', sdp: message.sdp });
          await part.rtc.setLocalDescription();
          const { sdp } = this.#settled(part);
          const { connection } = this.#options;
          this.#say(part, { type: 'answer', connection, index: message.index, number: message.number, sdp });
        });
        break;
      case 'answer':
        if (this.#options.role === 'answerer' || message.number !== part.number) return;
        if (part.rtc.signalingState !== 'have-local-offer') return;
        await this.#guard(() => this.#describe(part, { type: 'answer', sdp: message.sdp }));
        break;
      case 'candidate':
        if (part.remote === null) part.early.push(message);
        else await this.#add(part, message);
        break;
      case 'restart':
        // Both sides notice a break; one restart is enough.
        if (performance.now() - part.restarted < this.#options.timings.restart / 2) return;
        if (this.#options.role === 'offerer') await this.#offer(message.index, true);
        break;
    }
  }

  /** Ends the link and says so to the other side. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#options.send({ type: 'closed', connection: this.#options.connection, reason: reason.slice(0, 500) });
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connected = false;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { rtc } of this.#parts) {
      rtc.onconnectionstatechange = null;
      rtc.onicecandidate = null;
      rtc.close();
    }
    this.#resolveClosed(reason);
    this.#options.onClosed(reason);
  }

  async #offer(index: number, restart: boolean): Promise<void> {
    if (this.#closed) return;
    const part = this.#parts[index];
    await this.#guard(async () => {
      if (restart) {
        part.rtc.restartIce();
        part.restarted = performance.now();
      }
      const number = ++part.number;
      await part.rtc.setLocalDescription(await part.rtc.createOffer());
      const { sdp } = this.#settled(part);
      const { connection, connections } = this.#options;
      this.#say(part, { type: 'offer', connection, index, number, connections, sdp });
    });
  }

  /** Sends a description, then the candidates that were found before it was sent. */
  #say(part: Part, message: PeerMessage): void {
    this.#options.send(message);
    for (const candidate of part.untold.splice(0)) this.#options.send(candidate);
    part.told = true;
  }

  /** Takes the other side's description. Its certificate may not change: the proof that it gave was about that one. */
  async #describe(part: Part, description: { type: 'offer' | 'answer'; sdp: string }): Promise<void> {
    const fingerprint = fingerprintOf(description.sdp);
    if (fingerprint === null) throw new Error('its description names no certificate');
    if (part.remote !== null && part.remote !== fingerprint) throw new Error('its certificate changed');
    await part.rtc.setRemoteDescription(description);
    part.remote = fingerprint;
    for (const candidate of part.early.splice(0)) await this.#add(part, candidate);
    this.#settle();
  }

  /** The own description, its fingerprint noted. */
  #settled(part: Part): RTCSessionDescription {
    const description = part.rtc.localDescription;
    const fingerprint = description && fingerprintOf(description.sdp);
    if (!description || fingerprint === null) throw new Error('the browser made no description');
    part.local = fingerprint;
    this.#settle();
    return description;
  }

  #settle(): void {
    const locals = this.#parts.map(({ local }) => local);
    const remotes = this.#parts.map(({ remote }) => remote);
    if ([...locals, ...remotes].includes(null)) return;
    this.#resolveFingerprints({ local: locals.join(), remote: remotes.join() });
  }

  async #add(part: Part, { candidate, mid, line, fragment }: CandidateMessage): Promise<void> {
    try {
      await part.rtc.addIceCandidate({ candidate, sdpMid: mid, sdpMLineIndex: line, usernameFragment: fragment });
    } catch {
      // A way of a generation that was replaced, or of a kind that this browser does not know: others may do.
    }
  }

  #tell(index: number, candidate: RTCIceCandidate | null): void {
    if (candidate === null) return;
    const message: CandidateMessage = {
      type: 'candidate',
      connection: this.#options.connection,
      index,
      candidate: candidate.candidate,
      mid: candidate.sdpMid,
      line: candidate.sdpMLineIndex,
      fragment: candidate.usernameFragment,
    };
    const part = this.#parts[index];
    if (part.told) this.#options.send(message);
    else part.untold.push(message);
  }

  #check(): void {
    const states = this.#parts.map(({ rtc }) => rtc.connectionState);
    if (states.includes('closed')) return this.close('The browser closed the connection.');
    if (states.includes('failed') && !this.#everConnected) return this.close(NO_WAY);
    const connected = states.every((state) => state === 'connected');
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected) {
      this.#everConnected = true;
      this.#options.onConnected();
    } else {
      this.#recover(performance.now());
    }
  }

  /** Looks for another way until there is one; `since` is when the old one was lost. */
  #recover(since: number): void {
    if (this.#closed || this.#connected) return;
    const { lost, restart } = this.#options.timings;
    if (performance.now() - since > lost) return this.close('The way to it was lost.');
    this.#parts.forEach((part, index) => {
      if (part.rtc.connectionState === 'connected') return;
      if (this.#options.role === 'offerer') void this.#offer(index, true);
      else this.#options.send({ type: 'restart', connection: this.#options.connection, index });
    });
    this.#after(restart, () => this.#recover(since));
  }

  /** What fails in a negotiation fails for good: the link ends with the reason, and another may be tried. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Closed meanwhile: the failure is only a consequence.
      if (this.#closed) return;
      this.close(`The two browsers could not agree: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}
