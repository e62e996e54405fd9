/** What waits to go over the bulk lane of one link: messages in order, cut into frames only as the lane takes them. */
import { MOST_FRAME, type Link } from '../transport/link';
import { chunksOf, Phase, writeFrame, type Message } from './frame';

/**
 * The bulk lane of one link. Messages wait by reference: one that goes to many is held once. Pieces of a state go before
 * sums: whoever fetches one can do nothing with sums before it has all of it.
 */
export class FrameQueue {
  private readonly link: Pick<Link, 'sendFrame' | 'closed'>;
  private readonly frame = new Uint8Array(MOST_FRAME);
  private waiting: Message[] = [];
  private running = false;

  constructor(link: Pick<Link, 'sendFrame' | 'closed'>) {
    this.link = link;
  }

  /** Bytes of payload that have not gone out, the message under way in full. */
  get bytes(): number {
    return this.waiting.reduce((sum, { payload }) => sum + payload.length, 0);
  }

  /** Whether a message like this waits, or is under way. */
  has(like: (message: Message) => boolean): boolean {
    return this.waiting.some(like);
  }

  push(message: Message): void {
    const before =
      message.phase === Phase.state ? this.waiting.findIndex(({ phase }, i) => i > 0 && phase !== Phase.state) : -1;
    if (before < 0) this.waiting.push(message);
    else this.waiting.splice(before, 0, message);
    if (!this.running) void this.run();
  }

  /** Drops what waits, where `keep` does not hold; a message under way is broken off, too. */
  retain(keep: (message: Message) => boolean): void {
    this.waiting = this.waiting.filter(keep);
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      while (this.waiting.length > 0 && !this.link.closed) {
        const message = this.waiting[0];
        const chunks = chunksOf(message.payload.length);
        for (let chunk = 0; chunk < chunks && this.waiting[0] === message; chunk++) {
          await this.link.sendFrame(writeFrame(message, chunk, this.frame));
        }
        if (this.waiting[0] === message) this.waiting.shift();
      }
    } catch (thrown) {
      // A link that closes says so to its owner by itself (`onClose`); any other failure is a defect.
      if (!this.link.closed) throw thrown;
    } finally {
      this.running = false;
      if (this.link.closed) this.waiting = [];
    }
  }
}
