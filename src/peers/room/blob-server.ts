/** Hands out pieces of the blobs of one dataset, to one other browser. */
import { LatheError } from '../../base/errors';
import type { BlobHash } from '../../store/schema';
import type { Link } from '../transport/link';
import { encodeLobbyMessage, type LobbyMessage } from './lobby-messages';
import { encodePieceFrame, MOST_PAYLOAD } from './piece-frame';

/** Pieces that a browser may ask for before the first of them has gone out. */
const MOST_WAITING = 8;

/** A piece that was asked for. */
type Want = Extract<LobbyMessage, { type: 'want_piece' }>;

/** Serves one link: one piece after the other, in the order asked for. */
export class BlobServer {
  readonly #link: Link;
  /** The blob, or null where it is not one of the dataset's. */
  readonly #read: (hash: BlobHash) => Promise<Blob | null>;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(link: Link, read: (hash: BlobHash) => Promise<Blob | null>) {
    this.#link = link;
    this.#read = read;
  }

  /** Sends a piece once those before it are through; says why where it cannot. */
  serve(want: Want): void {
    if (this.#waiting >= MOST_WAITING) return this.#refuse(want, 'Too many pieces were asked for at once.');
    this.#waiting++;
    this.#last = this.#last
      .then(() => this.#send(want))
      .catch((error: unknown) => this.#refuse(want, LatheError.from(error).message))
      .finally(() => this.#waiting--);
  }

  async #send({ ticket, hash, start, length }: Want): Promise<void> {
    if (this.#link.closed) return;
    const blob = await this.#read(hash);
    if (!blob || start + length > blob.size) {
      throw new LatheError('not_found', `There is no such piece of the data ${hash.slice(0, 12)}….`);
    }
    const bytes = new Uint8Array(await blob.slice(start, start + length).arrayBuffer());
    for (let offset = 0; offset < bytes.length && !this.#link.closed; offset += MOST_PAYLOAD) {
      const payload = bytes.subarray(offset, offset + MOST_PAYLOAD);
      await this.#link.sendFrame(encodePieceFrame({ ticket, offset, payload }));
    }
  }

  #refuse({ ticket }: Want, reason: string): void {
    if (!this.#link.closed) this.#link.send(encodeLobbyMessage({ type: 'no_piece', ticket, reason }));
  }
}
