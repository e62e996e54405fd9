/**
 * The first words on a link, before anything of it is believed: both ends prove that they have the room's secret, and that
 * they see the same two certificates (so nobody sits between them and passes things on).
 *
 * Each sends HELLO with a nonce, then PROOF = HMAC-SHA-256(room key, own role ‖ both fingerprints ‖ both HELLOs). A HELLO may
 * reach a channel that has no handler yet and is lost then; so whoever gets the first one answers with its own again, ahead
 * of the proof. Nobody needs a timer for that, and what is said twice is the same twice.
 */
import * as v from 'valibot';
import { decodeBase64url, encodeBase64url } from '../../base/base64url';
import { LatheError } from '../../base/errors';
import { peerIdSchema } from '../../base/signal-protocol';
import type { Link } from '../transport/link';
import type { Fingerprints } from './fingerprints';
import type { ConnectionRole } from './new-peer';

/** Version of what peers say to each other on links. Peers with different versions do not train together. */
export const PEER_VERSION = 1;

/** Longest HELLO or PROOF, in bytes. */
const MOST_HELLO_BYTES = 4096;

/** Bytes of others' first words that are kept until their proof is checked. */
const MOST_EARLY_BYTES = 8 << 20;

const helloSchema = v.object({
  type: v.literal('hello'),
  version: v.number(),
  id: peerIdSchema,
  name: v.nullable(v.pipe(v.string(), v.maxLength(60))),
  adapter: v.nullable(v.pipe(v.string(), v.maxLength(200))),
  /** 16 random bytes in base64url. */
  nonce: v.pipe(v.string(), v.length(22)),
});
const proofSchema = v.object({ type: v.literal('proof'), mac: v.pipe(v.string(), v.length(43)) });
const messageSchema = v.variant('type', [helloSchema, proofSchema]);

type Message = v.InferOutput<typeof messageSchema>;

/** Who a peer says it is. */
export interface PeerHello {
  version: number;
  id: string;
  /** What its user calls it; null: nothing. */
  name: string | null;
  /** Adapter that it computes on, where that is known already. */
  adapter: string | null;
}

/** What a handshake needs. */
export interface HandshakeOptions {
  /** The room's key for proofs (`RoomKeys.proof`). */
  key: CryptoKey;
  /** What this side sees (`NewPeer.fingerprints`); may come later than the link. */
  fingerprints: Fingerprints | Promise<Fingerprints>;
  me: Omit<PeerHello, 'version'>;
  role: ConnectionRole;
  /** Id of the peer that the link was made to: another one there is refused. */
  peerId: string;
  /** How long the other end may take, in milliseconds (`NewPeer.patienceMs`): channels open while this waits. */
  patienceMs: number;
}

/** A link whose other end gave its proof. */
export interface Greeted {
  hello: PeerHello;
  /**
   * Hands over what arrived behind the other's proof. To be called once, right after the link's handlers were set: until
   * then it is kept.
   */
  release: () => void;
}

/** The other end is not who it has to be: it has another secret, or somebody sits in between. */
export class StrangerError extends LatheError {
  constructor(message: string) {
    super('training', message);
    this.name = 'StrangerError';
  }
}

/**
 * Greets the other end of a new link; to be called in the task that received the link. Sets the link's handlers.
 * @throws StrangerError (the link is closed then) without a valid proof; LatheError of kind `training` when the link closes
 *   first, the other end says nothing for too long, or speaks another version
 */
export function handshake(link: Link, options: HandshakeOptions): Promise<Greeted> {
  return new Promise((resolve, reject) => new Handshake(link, options, resolve, reject).begin());
}

class Handshake {
  readonly #link: Link;
  readonly #options: HandshakeOptions;
  readonly #resolve: (greeted: Greeted) => void;
  readonly #reject: (error: LatheError) => void;
  readonly #mine: Uint8Array<ArrayBuffer>;
  readonly #early: (() => void)[] = [];
  #earlyBytes = 0;
  #theirs: { hello: PeerHello; bytes: Uint8Array<ArrayBuffer> } | null = null;
  /** Their proof is being checked, or was: what comes now is no longer for us. */
  #proven = false;
  #over = false;
  #closedEarly: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    link: Link,
    options: HandshakeOptions,
    resolve: (greeted: Greeted) => void,
    reject: (error: LatheError) => void,
  ) {
    this.#link = link;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    const { id, name, adapter } = options.me;
    const nonce = encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
    this.#mine = encode({ type: 'hello', version: PEER_VERSION, id, name, adapter, nonce });
  }

  begin(): void {
    const link = this.#link;
    link.onMessage = (message) => this.#receive(message);
    link.onFrame = (frame) => this.#keep(frame, (bytes) => link.onFrame?.(bytes));
    link.onClose = (reason) => {
      this.#closedEarly = reason;
      this.#fail(new LatheError('training', `The connection closed before the other browser was known: ${reason}`));
    };
    this.#timer = setTimeout(
      () => this.#fail(new LatheError('training', 'The other browser did not answer.')),
      this.#options.patienceMs,
    );
    if (link.closed) link.onClose('it was closed already');
    else link.send(this.#mine);
  }

  #receive(bytes: Uint8Array): void {
    if (this.#proven) return this.#keep(bytes, (kept) => this.#link.onMessage?.(kept));
    const message = decode(bytes);
    if (message === null) return this.#stranger('it did not introduce itself');
    if (message.type === 'hello') return this.#greet(message, bytes.slice());
    if (this.#theirs === null) return this.#stranger('it gave a proof without introducing itself');
    this.#proven = true;
    this.#settle(this.#check(this.#theirs, message.mac));
  }

  #greet(message: Message & { type: 'hello' }, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#theirs !== null) {
      if (!equal(this.#theirs.bytes, bytes)) this.#stranger('it introduced itself twice, as two');
      return;
    }
    const { version, id, name, adapter } = message;
    if (version !== PEER_VERSION) {
      const text = `The other browser runs another version of Lathe (${version}; this one has ${PEER_VERSION}). Update both.`;
      return this.#fail(new LatheError('training', text));
    }
    if (id !== this.#options.peerId || id === this.#options.me.id) return this.#stranger('it has another id');
    this.#theirs = { hello: { version, id, name, adapter }, bytes };
    this.#link.send(this.#mine);
    this.#settle(this.#prove(bytes));
  }

  async #prove(theirs: Uint8Array<ArrayBuffer>): Promise<void> {
    const { key, role } = this.#options;
    const transcript = await this.#transcript(role, theirs);
    const mac = await crypto.subtle.sign('HMAC', key, transcript);
    if (!this.#over) this.#link.send(encode({ type: 'proof', mac: encodeBase64url(new Uint8Array(mac)) }));
  }

  async #check(theirs: { hello: PeerHello; bytes: Uint8Array<ArrayBuffer> }, mac: string): Promise<void> {
    const { key, role } = this.#options;
    const transcript = await this.#transcript(role === 'offerer' ? 'answerer' : 'offerer', theirs.bytes);
    const proof = decodeBase64url(mac);
    if (!proof || !(await crypto.subtle.verify('HMAC', key, proof, transcript))) {
      return this.#stranger('it has another secret, or somebody sits between the two');
    }
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#resolve({ hello: theirs.hello, release: () => this.#release() });
  }

  /** What the side with the role `prover` proves; every part has a length in front, so that none can pass for another. */
  async #transcript(prover: ConnectionRole, theirs: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const { local, remote } = await this.#options.fingerprints;
    const text = new TextEncoder();
    const own = [text.encode(local), this.#mine];
    const other = [text.encode(remote), theirs];
    const sides = this.#options.role === 'offerer' ? [...own, ...other] : [...other, ...own];
    const parts = [text.encode('lathe handshake 1'), text.encode(prover), ...sides];
    const transcript = new Uint8Array(parts.reduce((length, part) => length + 4 + part.length, 0));
    const view = new DataView(transcript.buffer);
    let at = 0;
    for (const part of parts) {
      view.setUint32(at, part.length);
      transcript.set(part, at + 4);
      at += 4 + part.length;
    }
    return transcript;
  }

  #keep(bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): void {
    this.#earlyBytes += bytes.length;
    if (this.#earlyBytes > MOST_EARLY_BYTES) return this.#stranger('it sent too much before it was known');
    // The link may use its buffer again.
    const kept = bytes.slice();
    this.#early.push(() => deliver(kept));
  }

  #release(): void {
    for (const deliver of this.#early.splice(0)) deliver();
    if (this.#closedEarly !== null) this.#link.onClose?.(this.#closedEarly);
  }

  #stranger(why: string): void {
    this.#fail(new StrangerError(`A connection was refused: ${why}.`));
  }

  /** A part of the handshake that fails in a way that nobody foresaw fails all of it. */
  #settle(part: Promise<void>): void {
    part.catch((error: unknown) => this.#fail(LatheError.from(error)));
  }

  #fail(error: LatheError): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#early.length = 0;
    this.#reject(error);
    if (!this.#link.closed) this.#link.close(error.message);
  }
}

function encode(message: Message): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(message));
}

function decode(bytes: Uint8Array): Message | null {
  if (bytes.length > MOST_HELLO_BYTES) return null;
  try {
    const parsed = v.safeParse(messageSchema, JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // No JSON: no peer of ours.
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
