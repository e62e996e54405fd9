/**
 * A link over WebRTC data channels: one ordered channel for control messages, one or several unordered ones for frames,
 * all of them reliable, on one connection or on several. Runs wherever the channels are, a worker included.
 *
 * Frames go out as they are. Control messages go in pieces (pieces.ts).
 */
import { LatheError } from '../../base/errors';
import { HIGH_WATER, MOST_FRAME } from './link';
import { LinkEnd } from './link-end';
import { MessageCutter, MessageJoiner, MOST_MESSAGE, MOST_PIECE, PIECE_KIND } from './pieces';

/** The channels between two peers, in the same order at both. They may still be connecting. */
export interface LinkChannels {
  /** Ordered and reliable. */
  control: RTCDataChannel;
  /** Unordered and reliable; at least one. */
  bulk: readonly RTCDataChannel[];
}

/** Bytes of control messages that may wait: the other end has long been gone when it takes none of them. */
const MOST_WAITING = 2 * MOST_MESSAGE;

/** Bytes of a reason that are sent. */
const MOST_REASON = 1024;

/** Milliseconds that both ends have to close their channels. */
const GOODBYE_MS = 1_000;

const LOST = 'The connection to the other peer was lost.';
const READY = Promise.resolve();

interface WaitingFrame {
  /** Null once a channel took it: then only its sender waits, for room. */
  frame: Uint8Array<ArrayBuffer> | null;
  resolve: () => void;
  reject: (error: LatheError) => void;
}

/**
 * A `Link` that can be used at once, while its channels are still connecting: messages wait until both ends are ready.
 * A negotiated channel loses what arrives before its handlers are set, therefore each end says that it is ready, once it
 * is open and again when it hears the other for the first time, and sends nothing else before it has heard the other.
 */
export class ChannelLink extends LinkEnd {
  /** Resolves when both ends are ready; rejects when the link closes before. */
  readonly opened: Promise<void>;
  /**
   * Resolves when the channels are closed, too, at most a second after the link: from then on the connections under them
   * may be closed. Closed before, the other end may not hear the reason.
   */
  readonly gone: Promise<void>;
  private readonly control: RTCDataChannel;
  private readonly bulk: readonly RTCDataChannel[];
  private readonly settleOpened: { resolve: () => void; reject: (error: LatheError) => void };
  private readonly settleGone: () => void;
  private readonly cutter = new MessageCutter();
  private readonly joiner = new MessageJoiner();
  private readonly waitingFrames: WaitingFrame[] = [];
  /** Where a piece is put together; `RTCDataChannel.send` copies. */
  private readonly scratch = new Uint8Array(1 + MOST_PIECE);
  private readonly state = { open: 0, closed: 0, otherReady: false };

  constructor(channels: LinkChannels) {
    super();
    if (channels.bulk.length === 0) throw new LatheError('internal', 'A link needs a channel for frames.');
    let settleOpened = { resolve: (): void => {}, reject: (_error: LatheError): void => {} };
    let settleGone = (): void => {};
    this.opened = new Promise((resolve, reject) => (settleOpened = { resolve, reject }));
    this.gone = new Promise((resolve) => (settleGone = resolve));
    this.settleOpened = settleOpened;
    this.settleGone = settleGone;
    // Whoever does not wait for the opening learns of a failure from `onClose`.
    this.opened.catch(() => {});
    this.control = channels.control;
    this.bulk = channels.bulk;
    this.control.bufferedAmountLowThreshold = HIGH_WATER / 2;
    this.control.onbufferedamountlow = () => this.pumpMessages();
    this.control.onmessage = ({ data }: MessageEvent<unknown>) => this.receive(data);
    for (const channel of this.bulk) {
      channel.bufferedAmountLowThreshold = HIGH_WATER / 2;
      channel.onbufferedamountlow = () => this.pumpFrames();
      channel.onmessage = ({ data }: MessageEvent<unknown>) => this.receiveFrame(data);
    }
    for (const channel of this.all()) this.watch(channel);
  }

  /** @throws LatheError of kind `internal` for a message above 64 MiB */
  send(message: Uint8Array): void {
    if (message.byteLength > MOST_MESSAGE) {
      throw new LatheError(
        'internal',
        `A control message of ${message.byteLength} bytes is too long: ${MOST_MESSAGE} are the most. Send it as frames.`,
      );
    }
    if (this.closed) return;
    if (this.cutter.isEmpty && message.byteLength <= MOST_PIECE && this.takesMessages()) {
      this.sendPiece(PIECE_KIND.whole, message);
      return;
    }
    this.cutter.add(message.slice());
    if (this.cutter.bytes > MOST_WAITING) this.close('The other peer takes no more control messages.');
    else this.pumpMessages();
  }

  sendFrame(frame: Uint8Array): Promise<void> {
    if (frame.byteLength > MOST_FRAME) {
      const problem = `A frame of ${frame.byteLength} bytes is too long: ${MOST_FRAME} are the most.`;
      return Promise.reject(new LatheError('internal', problem));
    }
    if (!isPlain(frame)) {
      return Promise.reject(new LatheError('internal', 'A frame in shared memory cannot be sent: copy it first.'));
    }
    if (this.closed) return Promise.reject(closedError(this.reason));
    if (this.waitingFrames.length === 0) {
      const channel = this.freest();
      if (channel !== null) {
        this.put(channel, frame);
        if (this.freest() !== null) return READY;
      }
      return this.wait(channel === null ? frame : null);
    }
    return this.wait(frame);
  }

  close(reason: string): void {
    if (this.closed) return;
    const said = this.control.readyState === 'open';
    if (said) this.sendPiece(PIECE_KIND.close, new TextEncoder().encode(reason).subarray(0, MOST_REASON));
    this.finish(reason);
    // The other end closes the channels when it has heard the reason. Closed from here, a channel for frames could be
    // seen closing before the reason arrives.
    if (!said) this.closeChannels();
  }

  private all(): RTCDataChannel[] {
    return [this.control, ...this.bulk];
  }

  private watch(channel: RTCDataChannel): void {
    channel.binaryType = 'arraybuffer';
    const lost = (reason: string): void => {
      if (this.closed) return;
      this.finish(reason);
      this.closeChannels();
    };
    let isOpen = false;
    let gone = false;
    // A channel that is open already may have its event still to come.
    const open = (): void => {
      if (isOpen) return;
      isOpen = true;
      this.channelOpen();
    };
    const closed = (): void => {
      if (gone) return;
      gone = true;
      this.state.closed++;
      lost(LOST);
      if (this.state.closed === this.bulk.length + 1) this.settleGone();
    };
    channel.onopen = open;
    channel.onclosing = () => lost(LOST);
    channel.onclose = closed;
    channel.onerror = ({ error }) => lost(error.message === '' ? LOST : `${LOST} ${sentence(error.message)}`);
    // After the constructor, so that its caller can set `onClose` first.
    if (channel.readyState === 'open') queueMicrotask(open);
    else if (channel.readyState === 'closing') queueMicrotask(() => lost(LOST));
    else if (channel.readyState === 'closed') queueMicrotask(closed);
  }

  private channelOpen(): void {
    this.state.open++;
    if (this.state.open !== this.bulk.length + 1 || this.closed) return;
    this.sendPiece(PIECE_KIND.ready, EMPTY);
    this.begin();
  }

  /** Starts to send when both ends are ready. */
  private begin(): void {
    if (!this.isOpen()) return;
    this.settleOpened.resolve();
    this.pumpMessages();
    this.pumpFrames();
  }

  private isOpen(): boolean {
    return this.state.otherReady && this.state.open === this.bulk.length + 1 && !this.closed;
  }

  private takesMessages(): boolean {
    return this.isOpen() && this.control.bufferedAmount < HIGH_WATER;
  }

  private pumpMessages(): void {
    while (this.takesMessages()) {
      const piece = this.cutter.take();
      if (piece === null) return;
      this.sendPiece(piece.kind, piece.bytes);
    }
  }

  private sendPiece(kind: number, bytes: Uint8Array): void {
    this.scratch[0] = kind;
    this.scratch.set(bytes, 1);
    this.put(this.control, this.scratch.subarray(0, 1 + bytes.byteLength));
  }

  /** Gives bytes to a channel; one that does not take them has ended without having said so yet. */
  private put(channel: RTCDataChannel, bytes: Uint8Array<ArrayBuffer>): void {
    try {
      channel.send(bytes);
      this.counted.sent += bytes.byteLength;
    } catch (error) {
      if (this.closed) return;
      this.finish(`${LOST} ${sentence(error instanceof Error ? error.message : String(error))}`);
      this.closeChannels();
    }
  }

  /** The channel for frames with the least in its queue, or null when all are full. */
  private freest(): RTCDataChannel | null {
    if (!this.isOpen()) return null;
    let best: RTCDataChannel | null = null;
    let least = HIGH_WATER;
    for (const channel of this.bulk) {
      const queued = channel.bufferedAmount;
      if (queued < least) {
        least = queued;
        best = channel;
      }
    }
    return best;
  }

  private wait(frame: Uint8Array<ArrayBuffer> | null): Promise<void> {
    if (this.closed) return Promise.reject(closedError(this.reason));
    return new Promise((resolve, reject) => this.waitingFrames.push({ frame, resolve, reject }));
  }

  private pumpFrames(): void {
    for (;;) {
      const first = this.waitingFrames.at(0);
      const channel = first === undefined ? null : this.freest();
      if (first === undefined || channel === null) return;
      if (first.frame !== null) {
        this.put(channel, first.frame);
        first.frame = null;
      } else {
        this.waitingFrames.shift();
        first.resolve();
      }
    }
  }

  private receive(data: unknown): void {
    if (this.closed) return;
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0) {
      this.close('The other peer sent something that is no control message.');
      return;
    }
    this.counted.received += data.byteLength;
    const bytes = new Uint8Array(data);
    const payload = bytes.subarray(1);
    switch (bytes[0]) {
      case PIECE_KIND.ready:
        if (this.state.otherReady) return;
        this.state.otherReady = true;
        // What this end said of itself may have been lost: the other had no handlers then.
        if (this.state.open === this.bulk.length + 1) this.sendPiece(PIECE_KIND.ready, EMPTY);
        this.begin();
        return;
      case PIECE_KIND.whole:
        this.messages.deliver(payload);
        return;
      case PIECE_KIND.part:
      case PIECE_KIND.last:
        this.join(payload, bytes[0] === PIECE_KIND.last);
        return;
      case PIECE_KIND.close:
        this.finish(new TextDecoder().decode(payload.subarray(0, MOST_REASON)));
        this.closeChannels();
        return;
      default:
        this.close(`The other peer sent a control message of the unknown kind ${bytes[0]}.`);
    }
  }

  private join(piece: Uint8Array, isLast: boolean): void {
    const message = this.joiner.add(piece, isLast);
    if (message === 'too_long') this.close(`The other peer sent a control message above ${MOST_MESSAGE} bytes.`);
    else if (message === 'malformed') this.close('The other peer sent a control message in pieces of a wrong length.');
    else if (message !== null) this.messages.deliver(message);
  }

  private receiveFrame(data: unknown): void {
    if (this.closed) return;
    if (!(data instanceof ArrayBuffer)) {
      this.close('The other peer sent something that is no frame.');
      return;
    }
    this.counted.received += data.byteLength;
    this.frames.deliver(new Uint8Array(data));
  }

  /** Ends this side: nothing is sent or delivered any more. */
  private finish(reason: string): void {
    if (this.closed) return;
    this.end(reason);
    const error = closedError(reason);
    this.settleOpened.reject(error);
    for (const { reject } of this.waitingFrames.splice(0)) reject(error);
    this.cutter.clear();
    this.joiner.clear();
    const goodbye = setTimeout(() => {
      this.closeChannels();
      this.settleGone();
    }, GOODBYE_MS);
    void this.gone.then(() => clearTimeout(goodbye));
  }

  private closeChannels(): void {
    for (const channel of this.all()) channel.close();
  }
}

const EMPTY = new Uint8Array(0);

function isPlain(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer;
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function closedError(reason: string): LatheError {
  return new LatheError('training', `The link to the other peer is closed. ${reason}`);
}
