/** One end of a connection to another peer, whatever carries it: a data channel, a relay, or memory in tests. */

/** Bytes that went through a link, headers of ours included. */
export interface Traffic {
  sent: number;
  received: number;
}

/** Longest frame of the bulk lane, in bytes: Chromium and Firefox together take no longer message. */
export const MOST_FRAME = 65_536;

/** Bytes of frames that wait in a link before `sendFrame` holds its caller back. */
export const HIGH_WATER = 262_144;

/**
 * Two lanes to one other peer. Both are reliable as long as the link lives; what was sent shortly before it closes may be
 * lost. Handlers are set at once after the link was received: nothing arrives before the current task ends. While a
 * handler is null what arrives on its lane is kept for the next one, up to 64 MiB.
 */
export interface Link {
  /**
   * Sends on the control lane, which keeps order. Messages of any length up to 64 MiB; long ones are cut up and joined
   * inside. On a closed link it does nothing: `onClose` tells.
   */
  send(message: Uint8Array): void;
  /**
   * Sends a frame on the bulk lane, which keeps no order. Resolves when the lane takes the next one: whoever does not wait
   * fills its queue. The frame may be overwritten after that. Rejects when the link is closed.
   */
  sendFrame(frame: Uint8Array): Promise<void>;
  onMessage: ((message: Uint8Array) => void) | null;
  onFrame: ((frame: Uint8Array) => void) | null;
  /**
   * Called once, also after `close`, never from within a call of this interface. Nothing arrives after it. Set on a link
   * that closed while it was null, it is called then.
   */
  onClose: ((reason: string) => void) | null;
  readonly closed: boolean;
  readonly traffic: Readonly<Traffic>;
  close(reason: string): void;
}
