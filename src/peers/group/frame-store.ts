/** Frames that came before their time: of a view that is not installed here yet, or of a transaction that is not proposed. */
import type { Frame } from '../wire/frame';

/** A frame and who sent it. */
export interface EarlyFrame {
  from: string;
  frame: Frame;
}

/**
 * Keeps at most so many bytes; beyond that the oldest frame of whoever has most of them here is dropped. If it was wanted, the
 * step is dealt again.
 */
const MOST_BYTES = 64 * 1024 * 1024;

/** Of payload, and of what a frame takes besides, about: many empty ones are many, too. */
const sizeOf = ({ payload }: Frame): number => payload.length + 256;

/** What came from one peer, oldest first. */
interface Kept {
  frames: Frame[];
  bytes: number;
}

/** Early frames. */
export class FrameStore {
  private readonly peers = new Map<string, Kept>();
  private bytes = 0;

  /** Returns how many frames had to be dropped for it. */
  push(from: string, frame: Frame): number {
    const kept = this.peers.get(from) ?? { frames: [], bytes: 0 };
    this.peers.set(from, kept);
    kept.frames.push(frame);
    this.count(kept, sizeOf(frame));
    let dropped = 0;
    while (this.bytes > MOST_BYTES) {
      const most = [...this.peers.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
      const gone = most.frames.shift();
      if (gone) this.count(most, -sizeOf(gone));
      dropped++;
    }
    return dropped;
  }

  /** Takes out those of one transaction in one view. */
  take(epoch: number, seq: number): EarlyFrame[] {
    return this.split((frame) => frame.epoch === epoch && frame.seq === seq);
  }

  /**
   * Drops what is of no use in a view that begins with transaction `base`: of transactions that are committed here, and what
   * earlier views sent of later ones. Returns how many.
   */
  forget(epoch: number, base: number, committed: number): number {
    return this.split((frame) => frame.seq <= committed || (frame.epoch < epoch && frame.seq > base)).length;
  }

  private count(kept: Kept, bytes: number): void {
    kept.bytes += bytes;
    this.bytes += bytes;
  }

  private split(taken: (frame: Frame) => boolean): EarlyFrame[] {
    const out: EarlyFrame[] = [];
    for (const [from, kept] of this.peers) {
      const left: Frame[] = [];
      for (const frame of kept.frames) {
        if (!taken(frame)) left.push(frame);
        else {
          out.push({ from, frame });
          this.count(kept, -sizeOf(frame));
        }
      }
      kept.frames = left;
      if (left.length === 0) this.peers.delete(from);
    }
    return out;
  }
}
