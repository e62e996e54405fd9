/**
 * A page's connection to a signalling server: enters one room, stays there, comes back after a break. What peers have
 * between themselves does not depend on it: while it is away, nobody new is met.
 */
import * as v from 'valibot';
import { encodeBase64url } from '../../base/base64url';
import { LatheError } from '../../base/errors';
import {
  SIGNAL_VERSION,
  signalAnswerSchema,
  type Refusal,
  type SignalAnswer,
  type SignalRequest,
} from '../../base/signal-protocol';

/** The part of a `WebSocket` that is used. */
export interface SignalSocket {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(text: string): void;
  close(): void;
}

/** How the connection is. */
export type SignalState =
  | { state: 'connecting' }
  | { state: 'joined' }
  /** It broke, for `reason` (a sentence), and is tried again after so many milliseconds. */
  | { state: 'waiting'; reason: string; retry_ms: number }
  /** It is over; `error` where it cannot be tried again. */
  | { state: 'closed'; error: LatheError | null };

/** What a page is told. */
export interface SignalHandlers {
  /** Who else is in the room: after every entry, the first and those after a break. */
  onPeers?: (peers: string[]) => void;
  onJoined?: (peer: string) => void;
  /** The peer is at the server no more. Its links may live. */
  onLeft?: (peer: string) => void;
  onEnvelope?: (from: string, envelope: string) => void;
  /** An envelope was thrown away: `to` is not in the room. */
  onUndelivered?: (to: string) => void;
  onState?: (state: SignalState) => void;
}

/** What a client needs. */
export interface SignalClientOptions extends SignalHandlers {
  /** Address of the server. */
  url: string;
  /** Id of the room. */
  room: string;
  /** Id of this page session. */
  peer: string;
  /** Opens a socket; the browser's own where it is not given. */
  openSocket?: (url: string) => SignalSocket;
  timings?: Partial<SignalTimings>;
}

/** Milliseconds. */
export interface SignalTimings {
  /** The first pause after a break; each next is twice as long, and a random share of it is waited. */
  first_pause: number;
  longest_pause: number;
  /** Until a server that says nothing is given up. */
  patience: number;
  /** Between two questions whether the server is still there. */
  ping: number;
}

const TIMINGS: SignalTimings = { first_pause: 500, longest_pause: 30_000, patience: 10_000, ping: 20_000 };

/** Refusals after which the same question gets the same answer. */
const FINAL: readonly Refusal[] = ['malformed', 'version', 'taken', 'replaced'];

/** Envelopes that are kept during a break. */
const MOST_WAITING = 256;

type Timer = ReturnType<typeof setTimeout>;

/** A page's place in a room. */
export class SignalClient {
  /** Where other machines reach the server, as it says. */
  addresses: string[] = [];
  /** Id of the room's register of claims; null before the first entry. */
  register: string | null = null;
  readonly #options: SignalClientOptions;
  readonly #timings: SignalTimings;
  /** Shows the server that it is the same page that comes back. */
  readonly #token = encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
  readonly #waiting: SignalRequest[] = [];
  readonly #claims = new Map<number, (granted: boolean) => void>();
  #claimed = 0;
  #socket: SignalSocket | null = null;
  #state: SignalState = { state: 'connecting' };
  #failures = 0;
  /** One at a time: the server's silence, the next ping, or the next try. */
  #timer: Timer | undefined;
  #reason = '';

  constructor(options: SignalClientOptions) {
    this.#options = options;
    this.#timings = { ...TIMINGS, ...options.timings };
    this.#connect();
  }

  get state(): SignalState {
    return this.#state;
  }

  /** Hands an envelope to a peer of the room; during a break it waits. */
  send(to: string, envelope: string): void {
    this.#request({ type: 'signal', to, envelope });
  }

  /**
   * Asks the room's register whether `members` may go on alone from the view with epoch `base` of `group`: see
   * `server/witness-register.ts`. False, too, while the server is away: nobody vouches then.
   * @param register id of the register that is meant
   */
  claim(claim: { register: string; group: string; base: number; members: number[] }): Promise<boolean> {
    if (this.#state.state !== 'joined') return Promise.resolve(false);
    const id = ++this.#claimed;
    return new Promise((resolve) => {
      this.#claims.set(id, resolve);
      this.#request({ type: 'claim', id, ...claim });
    });
  }

  /** Leaves the room. */
  close(): void {
    this.#end(null);
  }

  #connect(): void {
    this.#become({ state: 'connecting' });
    const { url, room, peer, openSocket = openWebSocket } = this.#options;
    let socket: SignalSocket;
    try {
      socket = openSocket(url);
    } catch (error) {
      const reason = `The browser does not open a connection to ${url}. Check the address of the signalling server.`;
      this.#end(new LatheError('usage', reason, {}, [], { cause: error }));
      return;
    }
    this.#socket = socket;
    this.#reason = `No signalling server answers at ${url}. It is tried again; check the address, or start one with npm run signal.`;
    this.#expect();
    socket.onopen = () =>
      socket.send(
        JSON.stringify({
          type: 'join',
          version: SIGNAL_VERSION,
          room,
          peer,
          token: this.#token,
        } satisfies SignalRequest),
      );
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#receive(data);
    };
    // A browser tells no reasons, neither here nor with an error before.
    socket.onclose = () => {
      if (socket === this.#socket) this.#retry();
    };
  }

  #receive(data: unknown): void {
    const answer = parseAnswer(data);
    if (answer === null) {
      const { url } = this.#options;
      this.#end(new LatheError('usage', `What answers at ${url} is no signalling server of this version of Lathe.`));
      return;
    }
    this.#stayAwake();
    switch (answer.type) {
      case 'welcome':
        this.#failures = 0;
        this.addresses = answer.addresses;
        this.register = answer.register;
        this.#reason = 'The signalling server went away. Training goes on; it is tried again.';
        this.#become({ state: 'joined' });
        this.#options.onPeers?.(answer.peers);
        for (const request of this.#waiting.splice(0)) this.#request(request);
        break;
      case 'joined':
        this.#options.onJoined?.(answer.peer);
        break;
      case 'left':
        this.#options.onLeft?.(answer.peer);
        break;
      case 'signal':
        this.#options.onEnvelope?.(answer.from, answer.envelope);
        break;
      case 'undelivered':
        this.#options.onUndelivered?.(answer.to);
        break;
      case 'claimed':
        this.#claims.get(answer.id)?.(answer.granted);
        this.#claims.delete(answer.id);
        break;
      case 'refused':
        this.#reason = answer.message;
        if (FINAL.includes(answer.reason)) this.#end(new LatheError('usage', answer.message));
        break;
      case 'pong':
        break;
    }
  }

  #request(request: SignalRequest): void {
    if (this.#state.state === 'joined') {
      this.#socket?.send(JSON.stringify(request));
    } else if (this.#state.state !== 'closed') {
      this.#waiting.push(request);
      // The oldest are of the least use: whoever waited for them has begun anew.
      if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    }
  }

  /** The server spoke: it is asked again after a while, and has to answer then. */
  #stayAwake(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#socket?.send(JSON.stringify({ type: 'ping' } satisfies SignalRequest));
      this.#expect();
    }, this.#timings.ping);
  }

  /** Something has to come from the server now. */
  #expect(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#retry(), this.#timings.patience);
  }

  #retry(): void {
    this.#drop();
    // Full jitter: after a server's restart, its pages do not come back all at once.
    const { first_pause, longest_pause } = this.#timings;
    const retry_ms = Math.random() * Math.min(longest_pause, first_pause * 2 ** this.#failures++);
    this.#become({ state: 'waiting', reason: this.#reason, retry_ms });
    this.#timer = setTimeout(() => this.#connect(), retry_ms);
  }

  #end(error: LatheError | null): void {
    if (this.#state.state === 'closed') return;
    this.#drop();
    this.#waiting.length = 0;
    this.#become({ state: 'closed', error });
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const answer of this.#claims.values()) answer(false);
    this.#claims.clear();
  }

  #become(state: SignalState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}

function openWebSocket(url: string): SignalSocket {
  return new WebSocket(url);
}

function parseAnswer(data: unknown): SignalAnswer | null {
  if (typeof data !== 'string') return null;
  try {
    const parsed = v.safeParse(signalAnswerSchema, JSON.parse(data));
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // No JSON: whatever answers there is no signalling server.
  }
}
