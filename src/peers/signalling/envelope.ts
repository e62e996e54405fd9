/**
 * Envelopes: what peers tell each other through a server that must not read, change, mix up or repeat it. AES-GCM (NIST SP
 * 800-38D) under the room's key, with the room, sender, receiver and a counter as associated data. Ids of peers are new with
 * every page session, so an envelope of an older session fits no receiver.
 *
 * Bytes: version u8 = 1, counter u32 (big-endian), nonce (12 random bytes), ciphertext with its tag of 16 bytes; as base64url.
 */
import { decodeBase64url, encodeBase64url } from '../../base/base64url';

const VERSION = 1;
const NONCE = 12;
const HEADER = 5 + NONCE;

/** Why an envelope was not opened. */
export type EnvelopeFault =
  /** It is none. */
  | 'malformed'
  /** It was sealed with another key, for somebody else, or was changed on the way. */
  | 'forged'
  /** It, or a later one, was opened before. */
  | 'replayed';

/** What opening an envelope gave. */
export type Opened = { content: Uint8Array<ArrayBuffer> } | { fault: EnvelopeFault };

/** Seals and opens the envelopes of one peer, as long as it keeps its id. */
export class Sealer {
  readonly #key: CryptoKey;
  readonly #room: string;
  readonly #me: string;
  #sent = 0;
  /** By sender: the counter of the last envelope that was opened. */
  readonly #last = new Map<string, number>();

  constructor(key: CryptoKey, room: string, me: string) {
    this.#key = key;
    this.#room = room;
    this.#me = me;
  }

  /** Seals `content` for the peer `to`. Counters follow the order of calls; the receiver wants them in that order. */
  async seal(to: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
    const counter = ++this.#sent;
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
    const parameters = { name: 'AES-GCM', iv: nonce, additionalData: this.#about(this.#me, to, counter) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, this.#key, content));
    const envelope = new Uint8Array(HEADER + sealed.length);
    const view = new DataView(envelope.buffer);
    view.setUint8(0, VERSION);
    view.setUint32(1, counter);
    envelope.set(nonce, 5);
    envelope.set(sealed, HEADER);
    return encodeBase64url(envelope);
  }

  /** Opens an envelope that is said to come from the peer `from`. */
  async open(from: string, envelope: string): Promise<Opened> {
    const bytes = decodeBase64url(envelope);
    if (!bytes || bytes.length < HEADER || bytes[0] !== VERSION) return { fault: 'malformed' };
    const counter = new DataView(bytes.buffer).getUint32(1);
    const parameters = {
      name: 'AES-GCM',
      iv: bytes.subarray(5, HEADER),
      additionalData: this.#about(from, this.#me, counter),
    };
    let content: Uint8Array<ArrayBuffer>;
    try {
      content = new Uint8Array(await crypto.subtle.decrypt(parameters, this.#key, bytes.subarray(HEADER)));
    } catch {
      return { fault: 'forged' }; // WebCrypto says no more than that, on purpose.
    }
    // Only now: a counter that nobody vouches for must not lock the real ones out.
    if (counter <= (this.#last.get(from) ?? 0)) return { fault: 'replayed' };
    this.#last.set(from, counter);
    return { content };
  }

  #about(from: string, to: string, counter: number): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(`lathe envelope ${VERSION} ${this.#room} ${from} ${to} ${counter}`);
  }
}
