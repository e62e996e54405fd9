/** Control messages as they travel on a data channel: in pieces of one byte that says what it is, and its bytes. */

/** First byte of a piece. */
export const PIECE_KIND = {
  /** The sender has set its handlers: what comes now is heard. */
  ready: 0,
  /** A message. */
  whole: 1,
  /** Of a message that more pieces follow, without other messages between them. */
  part: 2,
  /** The last of a message. */
  last: 3,
  /** Nothing comes after it; the reason, in UTF-8. */
  close: 4,
} as const;

/** Most bytes of a message in one piece; all but its last have as many. */
export const MOST_PIECE = 60 * 1024;

/** Longest control message, in bytes. */
export const MOST_MESSAGE = 64 * 1024 * 1024;

/** Messages that wait to be sent, cut into pieces. */
export class MessageCutter {
  /** Bytes that wait, those of the first that were taken already included. */
  bytes = 0;
  private readonly messages: Uint8Array[] = [];
  private taken = 0;

  /** Adds a message, which must not be changed any more. */
  add(message: Uint8Array): void {
    this.messages.push(message);
    this.bytes += message.byteLength;
  }

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  /** The next piece, without its first byte, which is `kind`; null when nothing waits. */
  take(): { kind: number; bytes: Uint8Array } | null {
    const message = this.messages.at(0);
    if (message === undefined) return null;
    const from = this.taken;
    this.taken = Math.min(from + MOST_PIECE, message.byteLength);
    const bytes = message.subarray(from, this.taken);
    if (this.taken < message.byteLength) return { kind: PIECE_KIND.part, bytes };
    this.taken = 0;
    this.messages.shift();
    this.bytes -= message.byteLength;
    return { kind: from === 0 ? PIECE_KIND.whole : PIECE_KIND.last, bytes };
  }

  clear(): void {
    this.messages.length = 0;
    this.bytes = 0;
    this.taken = 0;
  }
}

/** Puts the pieces of a message together again. */
export class MessageJoiner {
  private pieces: Uint8Array[] = [];
  private bytes = 0;

  /** Adds a piece, the last one or not. Returns the message it completes, null before, or what is wrong. */
  add(piece: Uint8Array, isLast: boolean): Uint8Array | null | 'too_long' | 'malformed' {
    // A message of many tiny pieces would take more memory than its bytes.
    if (!isLast && piece.byteLength !== MOST_PIECE) return 'malformed';
    this.pieces.push(piece);
    this.bytes += piece.byteLength;
    if (this.bytes > MOST_MESSAGE) {
      this.clear();
      return 'too_long';
    }
    if (!isLast) return null;
    const message = new Uint8Array(this.bytes);
    let at = 0;
    for (const part of this.pieces) {
      message.set(part, at);
      at += part.byteLength;
    }
    this.clear();
    return message;
  }

  clear(): void {
    this.pieces = [];
    this.bytes = 0;
  }
}
