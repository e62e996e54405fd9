/** Pairs of data channels between two ends of this page. */
import type { LinkChannels } from '../../../../src/peers/transport/channel-link';

/** Channels at both ends, and the connections under them. */
export interface ChannelPair {
  a: LinkChannels;
  b: LinkChannels;
  /** Exchanges offer and answer; until then all channels are connecting. */
  connect(): Promise<void>;
  /** Closes the connections at one end, as a page that is left does. */
  drop(end: 'a' | 'b'): void;
}

/** A control channel and `bulk` channels for frames, dealt over `connections` connections. */
export function channelPair(bulk: number, connections = 1): ChannelPair {
  const pairs = Array.from({ length: connections }, () => ({ a: new RTCPeerConnection(), b: new RTCPeerConnection() }));
  const channels = (end: 'a' | 'b'): LinkChannels => ({
    control: pairs[0][end].createDataChannel('control', { negotiated: true, id: 0 }),
    bulk: Array.from({ length: bulk }, (_, i) =>
      pairs[i % connections][end].createDataChannel('bulk', { negotiated: true, id: 1 + i, ordered: false }),
    ),
  });
  return {
    a: channels('a'),
    b: channels('b'),
    connect: async () => void (await Promise.all(pairs.map(({ a, b }) => introduce(a, b)))),
    drop: (end) => pairs.forEach((pair) => pair[end].close()),
  };
}

async function introduce(a: RTCPeerConnection, b: RTCPeerConnection): Promise<void> {
  const ignoreEnd = ({ candidate }: RTCPeerConnectionIceEvent, to: RTCPeerConnection): void => {
    if (candidate !== null) void to.addIceCandidate(candidate);
  };
  a.onicecandidate = (event) => ignoreEnd(event, b);
  b.onicecandidate = (event) => ignoreEnd(event, a);
  const offer = await a.createOffer();
  await Promise.all([a.setLocalDescription(offer), b.setRemoteDescription(offer)]);
  const answer = await b.createAnswer();
  await Promise.all([b.setLocalDescription(answer), a.setRemoteDescription(answer)]);
}
