/**
 * A network of bad quality between browsers of this machine: a relay of UDP datagrams in this process, through which
 * every WebRTC connection of the attached pages goes. It delays, loses, reorders, narrows and cuts.
 *
 * How the traffic gets here: the ICE candidates that a page is given are rewritten to ports of the relay. Datagrams that
 * come in at such a port are sent on to the real candidate from a port of their own for each sender, so that answers find
 * their way back; the receiver takes that port for a candidate of its peer (RFC 8445, peer-reflexive). No page ever
 * learns a real address of another, so nothing goes past the relay.
 */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { BrowserContext, Page } from 'playwright-core';
import { LatheError } from '../../src/base/errors';
import { randomStream, type RandomStream } from '../../src/base/random';

/** What the relay does to datagrams, the same in each direction. */
export interface RelayConditions {
  /** Milliseconds one way. */
  delayMs: number;
  /** Share of datagrams lost. */
  loss: number;
  /** Share of datagrams that are held back for up to `reorderMs` more, so that later ones overtake them. */
  reorder: number;
  reorderMs: number;
  /**
   * Bytes a second from one peer to one other; what would wait longer than `queueMs` is dropped. Without a limit, senders
   * on a busy machine go on until the receiver's socket overflows, which loses datagrams that nothing here counts.
   */
  bandwidth: number;
  queueMs: number;
  seed: number;
}

const PERFECT: RelayConditions = {
  delayMs: 0,
  loss: 0,
  reorder: 0,
  reorderMs: 20,
  bandwidth: Infinity,
  queueMs: 200,
  seed: 0,
};

/** Datagrams from one peer to another. */
export interface RelayCounts {
  forwarded: number;
  /** Bytes of what was forwarded, without the headers of UDP and IP. */
  bytes: number;
  /** Lost by chance, for want of bandwidth, or by a cut. */
  dropped: number;
}

/** Where datagrams are sent. */
interface Endpoint {
  address: string;
  port: number;
}

/** Names that the page's script and this process agree on. */
const OWN = '__relayOwnCandidate';
const REWRITE = '__relayRewrite';

/** A relay for any number of pages, each a peer with a name. `close` it at the end. */
export class UdpRelay {
  /** May be changed at any time. The seed counts for pairs that have not spoken yet. */
  readonly conditions: RelayConditions;
  private readonly flows = new Map<string, Flow>();
  private readonly cuts: [Set<string>, Set<string>][] = [];
  private readonly sockets = new Set<Socket>();
  /** Whose candidate an address is, and who waits for its owner to tell. */
  private readonly owners = new Map<string, string>();
  private readonly waiting = new Map<string, ((peer: string) => void)[]>();
  private readonly fronts = new Map<string, Promise<Endpoint>>();
  private closed = false;

  constructor(conditions: Partial<RelayConditions> = {}) {
    this.conditions = { ...PERFECT, ...conditions };
  }

  /**
   * Sends all WebRTC traffic of a page (or of all pages of a context) through the relay. Call it before the page is
   * loaded; the page needs no change.
   */
  async attach(page: Page | BrowserContext, peer: string): Promise<void> {
    await page.exposeFunction(OWN, (candidate: string) => this.learn(candidate, peer));
    await page.exposeFunction(REWRITE, (candidate: string) => this.rewrite(candidate, peer));
    await page.addInitScript(redirectConnections, { own: OWN, rewrite: REWRITE });
  }

  /** Nothing passes between the two groups until `heal`. */
  cut(groupA: Iterable<string>, groupB: Iterable<string>): void {
    this.cuts.push([new Set(groupA), new Set(groupB)]);
  }

  heal(): void {
    this.cuts.length = 0;
  }

  counts(from: string, to: string): Readonly<RelayCounts> {
    return this.flow(from, to).counts;
  }

  async close(): Promise<void> {
    this.closed = true;
    const closing = [...this.sockets].map((socket) => new Promise<void>((resolve) => socket.close(resolve)));
    this.sockets.clear();
    await Promise.all(closing);
  }

  /** Whether a datagram is dropped by a cut. */
  isCut(from: string, to: string): boolean {
    return this.cuts.some(([a, b]) => (a.has(from) && b.has(to)) || (b.has(from) && a.has(to)));
  }

  private learn(candidate: string, peer: string): void {
    const endpoint = endpointOf(candidate);
    if (endpoint === null) return;
    const name = nameOf(endpoint);
    // The port may have been another peer's that is gone.
    this.owners.set(name, peer);
    for (const resolve of this.waiting.get(name) ?? []) resolve(peer);
    this.waiting.delete(name);
  }

  /** A candidate as `viewer` may see it, or null where it must not see it at all. */
  private async rewrite(candidate: string, viewer: string): Promise<string | null> {
    const endpoint = endpointOf(candidate);
    if (endpoint === null) return null;
    const owner = await this.owner(endpoint);
    const key = `${viewer} ${owner} ${nameOf(endpoint)}`;
    let front = this.fronts.get(key);
    if (front === undefined) this.fronts.set(key, (front = this.openFront(endpoint, owner, viewer)));
    const { address, port } = await front;
    const fields = candidate.split(' ');
    [fields[4], fields[5]] = [address, String(port)];
    // What comes after names the sender's real address.
    return fields.slice(0, 8).join(' ');
  }

  private owner(endpoint: Endpoint): Promise<string> {
    const name = nameOf(endpoint);
    const known = this.owners.get(name);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.waiting.set(name, [...(this.waiting.get(name) ?? []), resolve]));
  }

  private flow(from: string, to: string): Flow {
    const key = `${from} > ${to}`;
    let flow = this.flows.get(key);
    if (flow === undefined) this.flows.set(key, (flow = new Flow(this, from, to)));
    return flow;
  }

  /** A port that stands for a candidate of `owner` before `viewer`. */
  private async openFront(real: Endpoint, owner: string, viewer: string): Promise<Endpoint> {
    const front = await this.bind();
    const there = this.flow(viewer, owner);
    const back = this.flow(owner, viewer);
    const sessions = new Map<string, Promise<Socket>>();
    const session = async (sender: Endpoint): Promise<Socket> => {
      const socket = await this.bind();
      socket.on('message', (datagram) => back.pass(datagram, () => this.deliver(front, datagram, sender)));
      return socket;
    };
    front.on('message', (datagram, { address, port }) => {
      const sender = { address, port };
      const key = nameOf(sender);
      let through = sessions.get(key);
      if (through === undefined) sessions.set(key, (through = session(sender)));
      there.pass(datagram, () => void through.then((socket) => this.deliver(socket, datagram, real)));
    });
    return { address: LOCAL_ADDRESS, port: front.address().port };
  }

  private deliver(socket: Socket, datagram: Uint8Array, to: Endpoint): void {
    // A browser that was killed has closed its port: the relay drops what is for it, as a network does.
    if (!this.closed) socket.send(datagram, to.port, to.address, () => {});
  }

  private async bind(): Promise<Socket> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
    this.sockets.add(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, LOCAL_ADDRESS, resolve);
    });
    return socket;
  }
}

/** All that goes from one peer to another, which shares one wire. */
class Flow {
  readonly counts: RelayCounts = { forwarded: 0, bytes: 0, dropped: 0 };
  private readonly chance: RandomStream;
  private freeAt = 0;

  constructor(
    private readonly relay: UdpRelay,
    private readonly from: string,
    private readonly to: string,
  ) {
    this.chance = randomStream(relay.conditions.seed, 'relay', from, to);
  }

  /** Calls `deliver` when the datagram arrives, if it does. */
  pass(datagram: Uint8Array, deliver: () => void): void {
    const { bandwidth, queueMs, loss, reorder, reorderMs, delayMs } = this.relay.conditions;
    const now = performance.now();
    const start = Math.max(this.freeAt, now);
    const isLost = this.chance.uniform() < loss;
    const extra = this.chance.uniform() < reorder ? this.chance.uniform() * reorderMs : 0;
    if (isLost || start - now > queueMs || this.relay.isCut(this.from, this.to)) {
      this.counts.dropped++;
      return;
    }
    this.freeAt = start + (datagram.byteLength / bandwidth) * 1_000;
    const wait = this.freeAt - now + delayMs + extra;
    const arrive = (): void => {
      // A cut takes what is under way, too.
      if (this.relay.isCut(this.from, this.to)) {
        this.counts.dropped++;
        return;
      }
      this.counts.forwarded++;
      this.counts.bytes += datagram.byteLength;
      deliver();
    };
    if (wait < 0.5) arrive();
    else setTimeout(arrive, Math.round(wait));
  }
}

const LOCAL_ADDRESS = localAddress();

/** The first address of this machine that is not the loopback: browsers make no candidates for that one. */
function localAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

/** Where a UDP candidate over IPv4 says that its owner listens; null for any other. */
function endpointOf(candidate: string): Endpoint | null {
  // candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE …
  const [, , transport, , address, port] = candidate.split(' ');
  if (transport?.toLowerCase() !== 'udp' || address === undefined || port === undefined) return null;
  // A name of mDNS hides an address of this machine.
  if (address.endsWith('.local')) return { address: LOCAL_ADDRESS, port: Number(port) };
  return address.includes(':') ? null : { address, port: Number(port) };
}

function nameOf({ address, port }: Endpoint): string {
  if (port === 0) throw new LatheError('internal', 'A candidate without a port cannot be relayed.');
  return `${address}:${port}`;
}

/**
 * Runs in the page before its own scripts: connections tell the relay their candidates and see those of others as the
 * relay gives them.
 */
function redirectConnections(names: { own: string; rewrite: string }): void {
  const call = async (name: string, candidate: string): Promise<unknown> => {
    const exposed: unknown = Reflect.get(window, name);
    if (typeof exposed !== 'function') throw new Error(`The page has no function ${name}.`);
    return await (Reflect.apply(exposed, window, [candidate]) as Promise<unknown>);
  };
  const rewritten = async (candidate: string): Promise<string | null> => {
    const seen = await call(names.rewrite, candidate);
    return typeof seen === 'string' ? seen : null;
  };
  const withRewritten = async (sdp: string): Promise<string> => {
    const lines = await Promise.all(
      sdp.split('\r\n').map(async (line) => {
        if (!line.startsWith('a=candidate:')) return line;
        const candidate = await rewritten(line.slice('a='.length));
        return candidate === null ? null : `a=${candidate}`;
      }),
    );
    return lines.filter((line) => line !== null).join('\r\n');
  };
  class RelayedConnection extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate !== null && candidate.candidate !== '') void call(names.own, candidate.candidate);
      });
    }

    override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      const sdp = description.sdp === undefined ? undefined : await withRewritten(description.sdp);
      await super.setRemoteDescription({ type: description.type, sdp });
    }

    override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      if (!candidate?.candidate) return super.addIceCandidate(candidate);
      const seen = await rewritten(candidate.candidate);
      if (seen === null) return;
      const { sdpMid, sdpMLineIndex, usernameFragment } = candidate;
      await super.addIceCandidate({ candidate: seen, sdpMid, sdpMLineIndex, usernameFragment });
    }
  }
  window.RTCPeerConnection = RelayedConnection;
}
