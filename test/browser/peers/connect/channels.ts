/** A link over the channels of a new peer, as plain as can be: on the page, messages below 16 KiB, frames without waiting. */
import type { NewPeer } from '../../../../src/peers/connect/new-peer';
import type { Link } from '../../../../src/peers/transport/link';

/** To be called in the task that made the channels. */
export function plainLink({ control, bulk }: Pick<NewPeer, 'control' | 'bulk'>): Link {
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  const link: Link & { closed: boolean } = {
    onMessage: null,
    onFrame: null,
    onClose: null,
    closed: false,
    traffic: { sent: 0, received: 0 },
    send(message) {
      if (control.readyState === 'open') control.send(message.slice());
      else waiting.push(message.slice());
    },
    sendFrame(frame) {
      bulk[0].send(frame.slice());
      return Promise.resolve();
    },
    close(reason) {
      if (link.closed) return;
      link.closed = true;
      link.onClose?.(reason);
      for (const channel of [control, ...bulk]) channel.close();
    },
  };
  control.binaryType = 'arraybuffer';
  control.onopen = () => waiting.splice(0).forEach((message) => control.send(message));
  control.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) link.onMessage?.(new Uint8Array(data));
  };
  for (const channel of bulk) {
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) link.onFrame?.(new Uint8Array(data));
    };
  }
  control.onclose = () => link.close('the channel closed');
  return link;
}
