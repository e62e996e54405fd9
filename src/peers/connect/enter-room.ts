/** A room entered from the page: its signalling, and a link to everybody there. */
import { LatheError } from '../../base/errors';
import { Sealer } from '../signalling/envelope';
import { deriveRoomKeys, type RoomKeys } from '../signalling/keys';
import { newPeerId, roomLink, serverForLink, signallingOfPage, type RoomLink } from '../signalling/room';
import { rtcConfiguration, unreachableFrom, type PeerSettings } from '../signalling/settings';
import { SignalClient, type SignalClientOptions, type SignalState } from '../signalling/signal-client';
import { PeerConnector, type MeshTimings, type PeerConnectorOptions } from './peer-connector';

/** What is needed to enter a room. */
export interface EntryOptions extends Pick<PeerConnectorOptions, 'onPeer' | 'onLinkState' | 'onFault'> {
  /** The room; a link without a server means that of the settings, or else that of the page. */
  link: RoomLink;
  settings: PeerSettings;
  /** Address of the page. */
  page: string;
  onSignalState?: (state: SignalState) => void;
  /** Who else is at the signalling server, after every entry. */
  onPeers?: (peers: string[]) => void;
  openSocket?: SignalClientOptions['openSocket'];
  timings?: Partial<MeshTimings>;
}

/** A room that was entered. */
export interface RoomEntry {
  /** Id of this page session there. */
  me: string;
  keys: RoomKeys;
  /** Address of the signalling server. */
  server: string;
  signalling: SignalClient;
  mesh: PeerConnector;
  /** Link for others: it names the server by an address that other machines reach, once that is known. */
  link(): string;
  /** Says goodbye to everybody and leaves. */
  leave(reason: string): Promise<void>;
}

/**
 * Enters a room. Peers come through `onPeer`, now and later.
 * @throws LatheError of kind `usage` where the browser does not let this page speak to the server at all
 */
export async function enterRoom(options: EntryOptions): Promise<RoomEntry> {
  const { room, server: named } = options.link;
  const { settings, page } = options;
  const server = named ?? settings.signalling ?? signallingOfPage(page);
  const unreachable = unreachableFrom(page, server);
  if (unreachable !== null) throw new LatheError('usage', unreachable);
  const me = newPeerId();
  const keys = await deriveRoomKeys(room);
  const mesh = new PeerConnector({
    me,
    sealer: new Sealer(keys.seal, room.id, me),
    rtc: rtcConfiguration(settings),
    connections: settings.connections,
    send: (to, envelope) => signalling.send(to, envelope),
    onPeer: options.onPeer,
    onLinkState: options.onLinkState,
    onFault: options.onFault,
    timings: options.timings,
  });
  const signalling = new SignalClient({
    url: server,
    room: room.id,
    peer: me,
    onPeers: (peers) => {
      mesh.peersAre(peers);
      options.onPeers?.(peers);
    },
    onJoined: (peer) => mesh.peerCame(peer),
    onLeft: (peer) => mesh.peerWent(peer),
    onUndelivered: (peer) => mesh.peerWent(peer),
    onEnvelope: (from, envelope) => mesh.receive(from, envelope),
    onState: options.onSignalState,
    openSocket: options.openSocket,
  });
  return {
    me,
    keys,
    server,
    signalling,
    mesh,
    link: () => roomLink({ room, server: serverForLink(server, signalling.addresses, page) }, page),
    async leave(reason) {
      await mesh.close(reason);
      signalling.close();
    },
  };
}
