/** Takes text piece by piece and stores it in chunks of one size, whatever pieces it came in. */
import type { BlobStore } from '../../store/blobs';
import type { TextChunk } from '../../store/schema';
import { byFrequency, CODE_POINTS, unitsOf } from './code-points';

/** Characters of every chunk but the last. */
const CHUNK_CHARACTERS = 1 << 20;

/** Characters that a dataset's row names, at most. */
const MAX_TOP = 64;

/** Stores text. Call `append` for each piece, and `finish` at the end. */
export class TextWriter {
  characters = 0;
  bytes = 0;
  /** Whether the text so far ends a line, or is empty. */
  endsLine = true;
  readonly #blobs: BlobStore;
  readonly #chunks: TextChunk[] = [];
  readonly #counts = new Float64Array(CODE_POINTS);
  #pending = '';
  #pendingCharacters = 0;

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /** Adds text that does not end within a pair of surrogates. */
  async append(piece: string): Promise<void> {
    let start = 0;
    for (let at = 0; at < piece.length;) {
      const code = piece.codePointAt(at) ?? 0;
      at += unitsOf(code);
      this.#counts[code]++;
      this.characters++;
      if (++this.#pendingCharacters < CHUNK_CHARACTERS) continue;
      this.#pending += piece.slice(start, at);
      start = at;
      await this.#flush();
    }
    this.#pending += piece.slice(start);
    this.endsLine = piece.endsWith('\n');
  }

  /** Stores what is left and returns all chunks. */
  async finish(): Promise<TextChunk[]> {
    await this.#flush();
    return this.#chunks;
  }

  /** How many different characters there are, and the most frequent of them. */
  summary(): { distinct: number; top: { value: string; count: number }[] } {
    const seen = byFrequency(this.#counts);
    const top = seen.slice(0, MAX_TOP);
    return { distinct: seen.length, top: top.map(({ code, count }) => ({ value: String.fromCodePoint(code), count })) };
  }

  async #flush(): Promise<void> {
    if (this.#pendingCharacters === 0) return;
    const bytes = new TextEncoder().encode(this.#pending);
    this.#chunks.push({ characters: this.#pendingCharacters, text: await this.#blobs.put(bytes) });
    this.bytes += bytes.length;
    this.#pending = '';
    this.#pendingCharacters = 0;
  }
}
