/** Sends examples of the data that is here, to one other browser. */
import { LatheError } from '../../base/errors';
import type { BlobHash } from '../../store/schema';
import type { Link } from '../transport/link';
import { encodeLobbyMessage, type LobbyMessage } from './lobby-messages';
import { encodePieceFrame, MOST_PAYLOAD } from './piece-frame';

/** The data of this browser's run, made ready in another thread: whoever trains here does not wait behind others. */
export interface ExampleSource {
  /** What must be known of the data, and its hash. @throws LatheError where it cannot be made ready */
  preparation(): Promise<{ hash: string; bytes: Uint8Array<ArrayBuffer> }>;
  /** Encoded examples. @throws LatheError where there are no such ones */
  examples(indices: readonly number[]): Promise<Uint8Array>;
}

/** The data with this content, or whatever the own run trains on (null); null where no examples of it are given out. */
export type OwnExamples = (contentHash: string | null) => Promise<ExampleSource | null>;

/** Answers that a browser may ask for before the first of them has gone out. */
const MOST_WAITING = 8;

type WantExamples = Extract<LobbyMessage, { type: 'want_examples' }>;
type WantPreparation = Extract<LobbyMessage, { type: 'want_preparation' }>;

/** Serves one link: one answer after the other, in the order asked for. */
export class ExampleServer {
  readonly #link: Link;
  readonly #own: OwnExamples;
  /** What was told of the data. */
  #told: { hash: BlobHash; blob: Blob } | null = null;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(link: Link, own: OwnExamples) {
    this.#link = link;
    this.#own = own;
  }

  /** What was told of the data, to be copied; null for any other blob. */
  blob(hash: BlobHash): Blob | null {
    return this.#told?.hash === hash ? this.#told.blob : null;
  }

  /** Tells what is to be known of the data, once it is ready, or why there is none. */
  async prepare({ ticket, content_hash }: WantPreparation): Promise<void> {
    try {
      const { hash, bytes } = await (await this.#source(content_hash)).preparation();
      this.#told = { hash, blob: new Blob([bytes]) };
      this.#send({ type: 'preparation', ticket, blob: { hash, bytes: bytes.length }, reason: null });
    } catch (error) {
      this.#send({ type: 'preparation', ticket, blob: null, reason: sentence(error) });
    }
  }

  /** Sends examples once what was asked for before is through; says why where it cannot. */
  serve(want: WantExamples): void {
    if (this.#waiting >= MOST_WAITING) return this.#refuse(want, 'Too many examples were asked for at once.');
    this.#waiting++;
    this.#last = this.#last
      .then(() => this.#answer(want))
      .catch((error: unknown) => this.#refuse(want, sentence(error)))
      .finally(() => this.#waiting--);
  }

  async #answer({ ticket, indices }: WantExamples): Promise<void> {
    if (this.#link.closed) return;
    const bytes = await (await this.#source(null)).examples(indices);
    for (let offset = 0; offset < bytes.length && !this.#link.closed; offset += MOST_PAYLOAD) {
      const payload = bytes.subarray(offset, offset + MOST_PAYLOAD);
      await this.#link.sendFrame(encodePieceFrame({ ticket, offset, payload }, true));
    }
  }

  async #source(contentHash: string | null): Promise<ExampleSource> {
    const source = await this.#own(contentHash);
    if (source) return source;
    throw new LatheError('not_found', 'There are no examples to be had from this browser.');
  }

  #refuse({ ticket }: WantExamples, reason: string): void {
    this.#send({ type: 'no_piece', ticket, reason });
  }

  #send(message: LobbyMessage): void {
    if (!this.#link.closed) this.#link.send(encodeLobbyMessage(message));
  }
}

const sentence = (error: unknown): string => LatheError.from(error).message.slice(0, 500);
