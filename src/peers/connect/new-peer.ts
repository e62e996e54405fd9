/** A peer that is being connected to, as the page hands it to the worker that will talk to it. */
import type { Fingerprints } from './fingerprints';
import type { Lanes } from './lanes';

/** Which side of a connection. The one with the higher id offers; between two that pair by hand, the one that began. */
export type ConnectionRole = 'offerer' | 'answerer';

/** A peer that is being connected to. */
export interface NewPeer extends Lanes {
  peerId: string;
  /** Id of this link: a peer that is connected to anew has another. */
  connection: string;
  role: ConnectionRole;
  /** How long the handshake should wait for the other side, in milliseconds: longer where people carry codes. */
  patienceMs: number;
  /** Certificates of both sides, once both are known. Never settles where that does not come to pass. */
  fingerprints: Promise<Fingerprints>;
  /** The reason, when the link is over. Channels that were transferred close by themselves, too. */
  closed: Promise<string>;
}
