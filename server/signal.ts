/**
 * The signalling server: introduces the peers of a room to each other, so that they can connect directly. It sees ids and
 * sealed envelopes, nothing of a room's secret, config, data or gradients. It is part of `npm start` (same port, path
 * `/signal`) and runs alone as `npm run signal`. Pages of every origin may come, because everybody opens a Lathe of their own:
 * what lets somebody into a room is its id, 128 random bits.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import * as v from 'valibot';
import { WebSocket, WebSocketServer } from 'ws';
import {
  MOST_SIGNAL_BYTES,
  SIGNAL_PATH,
  SIGNAL_VERSION,
  signalRequestSchema,
  type Refusal,
  type SignalAnswer,
  type SignalRequest,
} from '../src/base/signal-protocol';
import { WitnessRegister } from './witness-register';

/** What a server bears. */
export interface SignalLimits {
  /** Rooms at the same time, those included that are empty and kept for a while. */
  rooms: number;
  peers_per_room: number;
  /** Connections at the same time, those included that have not joined yet. */
  connections: number;
  /** Messages a second from one connection, in the long run; a message counts once for every 4 KiB. */
  rate: number;
  /** Messages that may come at once. */
  burst: number;
  /** Milliseconds in which a connection has to join. */
  join_ms: number;
  /** Milliseconds between pings; a connection that answered none of two is cut. */
  ping_ms: number;
  /** Milliseconds that an empty room and its register are kept: all of a group may be offline for a while. */
  keep_ms: number;
  /** Bytes that may wait for a slow receiver before it is cut. */
  backlog: number;
}

const LIMITS: SignalLimits = {
  rooms: 10_000,
  peers_per_room: 64,
  connections: 20_000,
  rate: 50,
  burst: 1000,
  join_ms: 10_000,
  ping_ms: 20_000,
  keep_ms: 3_600_000,
  backlog: 4 << 20,
};

/** Sentences for those who are sent away. */
const SENTENCES: Record<Refusal, string> = {
  malformed: 'The signalling server did not understand this page. Reload the page; it may be older than the server.',
  version: 'The signalling server speaks another version. Update Lathe on both sides.',
  room_full: 'The room is full.',
  server_full: 'The signalling server is full. Try again later, or start another with npm run signal.',
  rate: 'The signalling server was sent too many messages at once. It can be tried again in a moment.',
  taken: 'Another page has this id in the room. Reload the page to get a new one.',
  replaced: 'This page came back over another connection.',
};

/** RFC 6455: the endpoint received a message that violates its policy. */
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;

interface Connection {
  socket: WebSocket;
  alive: boolean;
  tokens: number;
  refilled: number;
  /** Where it is, once it has joined. */
  place: { room: Room; peer: string; token: string } | null;
}

interface Room {
  id: string;
  register: string;
  witness: WitnessRegister;
  peers: Map<string, Connection>;
  /** Since when it has been empty, in milliseconds. */
  empty_since: number | null;
}

/** A signalling server without a port of its own: HTTP servers hand it their WebSockets. */
export class SignalServer {
  /** Told to every page that joins: addresses of this server that other machines reach. */
  addresses: string[] = [];
  readonly #limits: SignalLimits;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_SIGNAL_BYTES });
  readonly #connections = new Set<Connection>();
  readonly #rooms = new Map<string, Room>();
  readonly #pings: NodeJS.Timeout;

  constructor(limits: Partial<SignalLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.#pings = setInterval(() => this.#ping(), this.#limits.ping_ms).unref();
  }

  /** Takes over the WebSockets that come to `server` at `/signal`; others are refused. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** How much is there: rooms, empty ones that are kept included, and connections. */
  get load(): { rooms: number; connections: number } {
    return { rooms: this.#rooms.size, connections: this.#connections.size };
  }

  /** Sends everybody away. HTTP servers do not end before their WebSockets have. */
  close(): void {
    clearInterval(this.#pings);
    for (const { socket } of this.#connections) {
      socket.close(GOING_AWAY);
      socket.terminate();
    }
    this.#rooms.clear();
    this.#sockets.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path !== SIGNAL_PATH || this.#connections.size >= this.#limits.connections) {
      const status = path === SIGNAL_PATH ? '503 Service Unavailable' : '404 Not Found';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => this.#accept(accepted));
  }

  #accept(socket: WebSocket): void {
    const connection: Connection = {
      socket,
      alive: true,
      tokens: this.#limits.burst,
      refilled: performance.now(),
      place: null,
    };
    this.#connections.add(connection);
    const late = setTimeout(() => socket.terminate(), this.#limits.join_ms).unref();
    socket.on('pong', () => (connection.alive = true));
    socket.on('message', (data, binary) => {
      connection.alive = true;
      const text = Buffer.isBuffer(data) && !binary ? data.toString('utf8') : null;
      this.#receive(connection, text);
      if (connection.place) clearTimeout(late);
    });
    // What is wrong with a frame ends the connection, and `close` follows.
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearTimeout(late);
      this.#connections.delete(connection);
      this.#leave(connection);
    });
  }

  #receive(connection: Connection, text: string | null): void {
    // After a refusal, what is still on its way does not count.
    if (connection.socket.readyState !== WebSocket.OPEN) return;
    if (!this.#allow(connection, text?.length ?? 0)) return this.#refuse(connection, 'rate');
    const request = parseRequest(text);
    if (request === null) return this.#refuse(connection, 'malformed');
    if (request.type === 'join') return this.#join(connection, request);
    if (request.type === 'ping') return this.#send(connection, { type: 'pong' });
    const { place } = connection;
    if (place === null) return this.#refuse(connection, 'malformed');
    if (request.type === 'signal') {
      const receiver = place.room.peers.get(request.to);
      if (receiver) this.#send(receiver, { type: 'signal', from: place.peer, envelope: request.envelope });
      else this.#send(connection, { type: 'undelivered', to: request.to });
      return;
    }
    const granted =
      request.register === place.room.register &&
      place.room.witness.claim(request.group, request.base, request.members);
    this.#send(connection, { type: 'claimed', id: request.id, granted });
  }

  #join(connection: Connection, request: SignalRequest & { type: 'join' }): void {
    if (request.version !== SIGNAL_VERSION) return this.#refuse(connection, 'version');
    if (connection.place) return this.#refuse(connection, 'malformed');
    const room = this.#rooms.get(request.room) ?? this.#open(request.room);
    if (!room) return this.#refuse(connection, 'server_full');
    const old = room.peers.get(request.peer);
    if (old) {
      if (old.place?.token !== request.token) return this.#refuse(connection, 'taken');
      old.place = null; // It does not leave: it is here again.
      this.#refuse(old, 'replaced');
    } else if (room.peers.size >= this.#limits.peers_per_room) {
      return this.#refuse(connection, 'room_full');
    }
    const others = [...room.peers].filter(([peer]) => peer !== request.peer);
    connection.place = { room, peer: request.peer, token: request.token };
    room.peers.set(request.peer, connection);
    room.empty_since = null;
    this.#send(connection, {
      type: 'welcome',
      peers: others.map(([peer]) => peer),
      register: room.register,
      addresses: this.addresses,
    });
    if (!old) for (const [, other] of others) this.#send(other, { type: 'joined', peer: request.peer });
  }

  #open(id: string): Room | null {
    if (this.#rooms.size >= this.#limits.rooms && !this.#forget()) return null;
    const room = { id, register: randomUUID(), witness: new WitnessRegister(), peers: new Map(), empty_since: null };
    this.#rooms.set(id, room);
    return room;
  }

  /** Makes place for a room: of those that are empty and granted nothing, the one that is empty longest goes. */
  #forget(): boolean {
    let oldest: Room | null = null;
    for (const room of this.#rooms.values()) {
      if (room.empty_since === null || !room.witness.empty) continue;
      if (oldest === null || room.empty_since < (oldest.empty_since ?? 0)) oldest = room;
    }
    return oldest !== null && this.#rooms.delete(oldest.id);
  }

  #leave(connection: Connection): void {
    const { place } = connection;
    if (place === null || place.room.peers.get(place.peer) !== connection) return;
    const { room, peer } = place;
    room.peers.delete(peer);
    for (const other of room.peers.values()) this.#send(other, { type: 'left', peer });
    if (room.peers.size === 0) room.empty_since = performance.now();
  }

  /** Takes a message out of the connection's allowance (a token bucket). */
  #allow(connection: Connection, length: number): boolean {
    const { rate, burst } = this.#limits;
    const now = performance.now();
    connection.tokens = Math.min(burst, connection.tokens + ((now - connection.refilled) / 1000) * rate);
    connection.refilled = now;
    connection.tokens -= Math.max(1, length / 4096);
    return connection.tokens >= 0;
  }

  #refuse(connection: Connection, reason: Refusal): void {
    this.#send(connection, { type: 'refused', reason, message: SENTENCES[reason] });
    connection.socket.close(POLICY_VIOLATION, reason);
  }

  #send({ socket }: Connection, answer: SignalAnswer): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > this.#limits.backlog) socket.terminate();
    else socket.send(JSON.stringify(answer));
  }

  #ping(): void {
    for (const connection of this.#connections) {
      if (!connection.alive) {
        connection.socket.terminate();
        continue;
      }
      connection.alive = false;
      connection.socket.ping();
    }
    const now = performance.now();
    for (const room of this.#rooms.values()) {
      if (room.empty_since !== null && now - room.empty_since > this.#limits.keep_ms) this.#rooms.delete(room.id);
    }
  }
}

function parseRequest(text: string | null): SignalRequest | null {
  if (text === null) return null;
  try {
    const parsed = v.safeParse(signalRequestSchema, JSON.parse(text));
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // No JSON: refused like any other message that is none of ours.
  }
}
