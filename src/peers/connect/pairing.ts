/**
 * Two people without any server: one makes an offer code, the other reads it and makes an answer code, the first reads that.
 * Codes are carried by hand (chat, mail) or by camera. The offer code holds the secret of a room, so it is for the other
 * one only; the answer code is sealed with it, and anybody may see it. All ways to each side are in the codes: nothing is sent
 * after them, and a link that breaks needs new codes.
 *
 * Offer: `LATHE-A.` and base64url of version u8 = 1, room id (16), secret (16), id of who offers (8), id for who answers (8),
 * packed description. Answer: `LATHE-B.` and an envelope (see `envelope.ts`) around the packed description.
 */
import { decodeBase64url, encodeBase64url } from '../../base/base64url';
import { LatheError } from '../../base/errors';
import { Sealer } from '../signalling/envelope';
import { deriveRoomKeys, type RoomKeys } from '../signalling/keys';
import { newPeerId, newRoom, type Room } from '../signalling/room';
import { packDescription, unpackDescription } from './compact-description';
import { fingerprintOf, type Fingerprints } from './fingerprints';
import { createLanes } from './lanes';
import type { ConnectionRole, NewPeer } from './new-peer';

const OFFER = 'LATHE-A.';
const ANSWER = 'LATHE-B.';
const VERSION = 1;
const HEADER = 1 + 16 + 16 + 8 + 8;

/** How long ways are looked for, in milliseconds: STUN servers that do not answer take longer. */
const GATHER_MS = 5_000;

/** How long it may take to connect once both codes were read, in milliseconds. */
const CONNECT_MS = 30_000;

/** How long a person may take to carry a code, in milliseconds. */
const CARRY_MS = 15 * 60_000;

/** One side of a pairing. */
export interface Pairing {
  /** To be given to the other one. */
  code: string;
  /** Id of this page session in the room of the two. */
  me: string;
  /** The room: it has no server. */
  room: Room;
  keys: RoomKeys;
  /** Ends the link, or the try. */
  close(reason: string): void;
}

/** The side that began. */
export interface PairingOffer extends Pairing {
  /** Takes the other one's code. @throws LatheError of kind `usage` where it is none, or an answer to another offer */
  accept(code: string): Promise<void>;
}

/** What both sides need. */
export interface PairingOptions {
  rtc: RTCConfiguration;
  /** Called in the task that made the channels: they can be transferred. They open when both codes were read. */
  onPeer: (peer: NewPeer) => void;
}

/** Which code a text is, or ends with (a link with the code in it); null where it is none. */
export function pairingCodeIn(text: string): { kind: 'offer' | 'answer'; code: string } | null {
  const code = /(?:^|[\s/])(LATHE-[AB]\.[A-Za-z0-9_-]+)\s*$/.exec(text)?.[1];
  return code === undefined ? null : { kind: code.startsWith(OFFER) ? 'offer' : 'answer', code };
}

/** A link that opens the join page of the Lathe at `page` with an offer code. */
export function pairingLink(code: string, page: string): string {
  const url = new URL(page);
  return `${url.origin}${url.pathname}#/join/${code}`;
}

/** A room that somebody is let into by a pairing, and the id of the page session that lets in. */
export interface PairingRoom {
  room: Room;
  me: string;
}

/**
 * Begins a pairing, in a new room or in one where this page is already.
 * @throws LatheError where the browser cannot make an offer
 */
export async function offerPairing(
  { rtc, onPeer }: PairingOptions,
  { room, me }: PairingRoom = { room: newRoom(), me: newPeerId() },
): Promise<PairingOffer> {
  const them = newPeerId();
  const pair = new Pair(rtc, them, 'offerer');
  onPeer(pair.peer);
  const keys = await deriveRoomKeys(room);
  const packed = await pair.describe();
  const header = [encodedBytes(room.id), encodedBytes(room.secret), hexBytes(me), hexBytes(them)];
  const code = OFFER + encodeBase64url(Uint8Array.from([VERSION, ...header.flatMap((part) => [...part]), ...packed]));
  const sealer = new Sealer(keys.seal, room.id, me);
  return {
    code,
    me,
    room,
    keys,
    close: (reason) => pair.close(reason),
    async accept(answer) {
      const found = pairingCodeIn(answer);
      if (found?.kind === 'offer') throw new LatheError('usage', 'This is an offer code. Paste the answer code here.');
      const opened = found ? await sealer.open(them, found.code.slice(ANSWER.length)) : null;
      if (opened && 'fault' in opened && opened.fault !== 'malformed') {
        throw new LatheError(
          'usage',
          'This code answers another offer, or was used already. Begin again on both sides.',
        );
      }
      const sdp = opened && 'content' in opened ? unpackDescription(opened.content) : null;
      if (sdp === null) throw damaged('answer');
      await pair.take({ type: 'answer', sdp });
    },
  };
}

/** Answers a pairing. @throws LatheError of kind `usage` where `code` is no offer code */
export async function answerPairing(code: string, { rtc, onPeer }: PairingOptions): Promise<Pairing> {
  const found = pairingCodeIn(code);
  if (found?.kind === 'answer') throw new LatheError('usage', 'This is an answer code: it belongs to whoever began.');
  const bytes = found && decodeBase64url(found.code.slice(OFFER.length));
  if (!bytes || bytes.length <= HEADER) throw damaged('offer');
  if (bytes[0] !== VERSION) {
    throw new LatheError('usage', 'This code is from another version of Lathe. Update both sides.');
  }
  const sdp = unpackDescription(bytes.subarray(HEADER));
  if (sdp === null) throw damaged('offer');
  const room = { id: encodeBase64url(bytes.subarray(1, 17)), secret: encodeBase64url(bytes.subarray(17, 33)) };
  const [them, me] = [hexText(bytes.subarray(33, 41)), hexText(bytes.subarray(41, 49))];
  const pair = new Pair(rtc, them, 'answerer');
  onPeer(pair.peer);
  const keys = await deriveRoomKeys(room);
  await pair.take({ type: 'offer', sdp });
  const packed = await pair.describe();
  const envelope = await new Sealer(keys.seal, room.id, me).seal(them, packed);
  return { code: ANSWER + envelope, me, room, keys, close: (reason) => pair.close(reason) };
}

/** One connection whose descriptions are carried by hand. */
class Pair {
  readonly peer: NewPeer;
  readonly #rtc: RTCPeerConnection;
  readonly #role: ConnectionRole;
  #settled: (fingerprints: Fingerprints) => void = () => {};
  #ended: (reason: string) => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connected = false;

  constructor(rtc: RTCConfiguration, peerId: string, role: ConnectionRole) {
    this.#rtc = new RTCPeerConnection(rtc);
    this.#role = role;
    this.peer = {
      peerId,
      connection: newPeerId(),
      role,
      patienceMs: CARRY_MS + CONNECT_MS,
      ...createLanes([this.#rtc]),
      fingerprints: new Promise((resolve) => (this.#settled = resolve)),
      closed: new Promise((resolve) => (this.#ended = resolve)),
    };
    this.#rtc.onconnectionstatechange = () => {
      const { connectionState } = this.#rtc;
      if (connectionState === 'connected') {
        this.#connected = true;
        clearTimeout(this.#timer);
      } else if (connectionState === 'failed' && (this.#connected || role === 'offerer')) {
        // The side that answers fails at first when its code takes long to be carried: the other's words revive it.
        this.close('The way to it was lost, or none was found. Pair again.');
      }
    };
    this.#timer = setTimeout(() => this.close('The codes took too long. Pair again.'), CARRY_MS);
  }

  /** The own description, packed, with all ways that were found. */
  async describe(): Promise<Uint8Array<ArrayBuffer>> {
    await this.#rtc.setLocalDescription();
    await this.#gathered();
    const packed = packDescription(this.#rtc.localDescription?.sdp ?? '');
    if (packed === null) throw this.#failure('This browser describes its connection in a way that no code can hold.');
    this.#settle();
    return packed;
  }

  async take(description: RTCSessionDescriptionInit): Promise<void> {
    try {
      await this.#rtc.setRemoteDescription(description);
    } catch (error) {
      throw this.#failure('The browser did not take the code. Begin again on both sides.', error);
    }
    if (this.#role === 'offerer') {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.close('The other browser was not reached.'), CONNECT_MS);
    }
    this.#settle();
  }

  close(reason: string): void {
    clearTimeout(this.#timer);
    this.#rtc.onconnectionstatechange = null;
    this.#rtc.close();
    this.#ended(reason);
  }

  #settle(): void {
    const local = fingerprintOf(this.#rtc.localDescription?.sdp ?? '');
    const remote = fingerprintOf(this.#rtc.remoteDescription?.sdp ?? '');
    if (local !== null && remote !== null) this.#settled({ local, remote });
  }

  #gathered(): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.#rtc.iceGatheringState === 'complete') done();
      };
      const timer = setTimeout(() => done(), GATHER_MS);
      const done = (): void => {
        clearTimeout(timer);
        this.#rtc.removeEventListener('icegatheringstatechange', check);
        resolve();
      };
      this.#rtc.addEventListener('icegatheringstatechange', check);
      check();
    });
  }

  #failure(message: string, cause?: unknown): LatheError {
    this.close(message);
    return new LatheError('backend', message, {}, [], { cause });
  }
}

function damaged(kind: 'offer' | 'answer'): LatheError {
  return new LatheError('usage', `This is no ${kind} code, or a part of it is missing. Copy it again, as a whole.`);
}

function encodedBytes(text: string): Uint8Array {
  const bytes = decodeBase64url(text);
  if (!bytes) throw new LatheError('internal', 'A room that was just made is damaged.');
  return bytes;
}

const hexBytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));

const hexText = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
