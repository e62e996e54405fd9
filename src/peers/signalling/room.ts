/**
 * Rooms, where peers of one group meet, and the links to them.
 *
 * A link is `PAGE#/join/ROOM.SECRET`, or `PAGE#/join/ROOM.SECRET@SERVER` where the signalling server is not the one that
 * PAGE comes from. All of it stands in the fragment, which a browser sends to nobody. A signalling server is told ROOM only.
 *
 * Browsers give WebGPU and WebCrypto to pages over https or from localhost. So on a local network everybody opens a Lathe of
 * their own (the hosted one, or `npm start`), and one of them runs `npm start -- --host 0.0.0.0` or `npm run signal`. Its
 * link then reads `http://localhost:4173/#/join/ROOM.SECRET@ws:192.168.1.5:4173`: it opens at the localhost of whoever
 * follows it, or is pasted into the join page of any Lathe. A page that came over https speaks to wss addresses only.
 */
import { decodeBase64url, encodeBase64url } from '../../base/base64url';
import { LatheError } from '../../base/errors';
import { SIGNAL_PATH } from '../../base/signal-protocol';
import { isLoopbackHost, parseSignallingUrl } from './settings';

/** A room: whoever has both parts may enter, see and change the training. */
export interface Room {
  /** 128 random bits in base64url: known to the signalling server. */
  id: string;
  /** 128 random bits in base64url: known to the peers only. */
  secret: string;
}

/** A room and where its peers meet. */
export interface RoomLink {
  room: Room;
  /** Address of the signalling server; null: the one that the page itself comes from. */
  server: string | null;
}

/** Bytes of a room's id, and of its secret. */
const ROOM_BYTES = 16;

const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));

/** A new room. */
export function newRoom(): Room {
  return { id: encodeBase64url(random(ROOM_BYTES)), secret: encodeBase64url(random(ROOM_BYTES)) };
}

/** An id for a page session: 64 random bits as 16 hex digits. */
export function newPeerId(): string {
  return Array.from(random(8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The part of a link after `#/join/`; `server` is shortened to `ws:HOST` or `wss:HOST`. */
export function roomLinkText({ room, server }: RoomLink): string {
  return `${room.id}.${room.secret}${server === null ? '' : `@${shortServer(server)}`}`;
}

/** The whole link, for a page at `page` (its address; query and fragment are dropped). */
export function roomLink(link: RoomLink, page: string): string {
  const url = new URL(page);
  return `${url.origin}${url.pathname}#/join/${roomLinkText(link)}`;
}

/**
 * Reads a link, or its part after `#/join/`, as somebody typed or pasted it. Where the link names no server and belongs to
 * another page than `page`, that page's server is meant.
 * @param page address of the page that reads it
 * @throws LatheError of kind `usage` when it is damaged
 */
export function parseRoomLink(text: string, page: string): RoomLink {
  const trimmed = text.trim();
  const [, before = '', rest = trimmed] = /^(.*?)#\/join\/(.*)$/s.exec(trimmed) ?? [];
  const [, id = '', secret = '', server] = /^([^.@]*)\.([^.@]*)(?:@(.*))?$/s.exec(unescaped(rest)) ?? [];
  if (decodeBase64url(id)?.length !== ROOM_BYTES || decodeBase64url(secret)?.length !== ROOM_BYTES) {
    throw new LatheError(
      'usage',
      'This is no link to a room, or a part of it is missing. Copy the whole link again: it ends with #/join/ and two words of 22 characters.',
    );
  }
  if (server !== undefined) return { room: { id, secret }, server: parseSignallingUrl(server) };
  return { room: { id, secret }, server: serverOfPage(before, page) };
}

/**
 * The address of the signalling server as a link should carry it, or null where it needs none. A server at `localhost` is
 * named by the address that other machines reach it by, if it knows one.
 * @param url where this page reaches the server
 * @param addresses where others reach it, as the server says
 * @param page address of this page
 */
export function serverForLink(url: string, addresses: readonly string[], page: string): string | null {
  if (isLoopbackHost(new URL(url).hostname) && addresses.length > 0) return addresses[0];
  return url === signallingOfPage(page) ? null : url;
}

/** Whether nobody but this machine can follow a link: its server, or its page's, is this machine's `localhost`. */
export function onThisMachineOnly(server: string | null, page: string): boolean {
  return isLoopbackHost(new URL(server ?? page).hostname);
}

/** The signalling server beside a page: `npm start` serves both. */
export function signallingOfPage(page: string): string {
  const url = new URL(SIGNAL_PATH.slice(1), new URL('./', page));
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = '';
  url.hash = '';
  return url.href;
}

/** Where the link of another page leads: to that page's own server, unless it is everybody's own `localhost`. */
function serverOfPage(before: string, page: string): string | null {
  if (!/^https?:\/\//.test(before) || !URL.canParse(before)) return null;
  const theirs = signallingOfPage(before);
  return isLoopbackHost(new URL(before).hostname) || theirs === signallingOfPage(page) ? null : theirs;
}

function shortServer(server: string): string {
  const url = new URL(server);
  const path = url.pathname === SIGNAL_PATH ? '' : url.pathname;
  return `${url.protocol}${url.host}${path}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A stray per cent sign: no link of ours, and the caller says so.
  }
}
