/** Puts the chunks of one message together, in whatever order and however often they arrive. */
import { CHUNK_BYTES, chunksOf, type Frame } from './frame';

/** One message under way. */
export class Assembly {
  /** Its bytes; all of them are there once `complete`. */
  readonly bytes: Uint8Array;
  private readonly had: Uint8Array;
  private left: number;

  /** `bytes` is where the message goes: its length is that of the message, which whoever makes this has checked. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.left = chunksOf(bytes.length);
    this.had = new Uint8Array(this.left);
  }

  get complete(): boolean {
    return this.left === 0;
  }

  /** Takes a chunk of a message of this length. False: it was there already. */
  add(frame: Pick<Frame, 'chunk' | 'payload'>): boolean {
    if (this.had[frame.chunk] === 1) return false;
    this.had[frame.chunk] = 1;
    this.left--;
    this.bytes.set(frame.payload, frame.chunk * CHUNK_BYTES);
    return true;
  }
}
