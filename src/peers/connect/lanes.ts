/** The data channels between two peers. */

/** Channels of a link. */
export interface Lanes {
  /** Reliable, in order. */
  control: RTCDataChannel;
  /** Reliable, in no order: one of each connection. */
  bulk: RTCDataChannel[];
}

const CONTROL_ID = 0;
const BULK_ID = 1;

/**
 * Makes the channels of a link on its connections; the control lane is on the first. Both sides make them by themselves
 * (negotiated, RFC 8832 is not spoken), before anything connects: only then can a browser transfer them to a worker, and only
 * in the task that made them.
 */
export function createLanes(connections: readonly RTCPeerConnection[]): Lanes {
  return {
    control: connections[0].createDataChannel('lathe control', { negotiated: true, id: CONTROL_ID, ordered: true }),
    bulk: connections.map((connection) =>
      connection.createDataChannel('lathe bulk', { negotiated: true, id: BULK_ID, ordered: false }),
    ),
  };
}
