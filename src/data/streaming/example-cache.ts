/**
 * Examples that came from others and may be wanted again, in memory: each takes the same number of bytes. What is in stays
 * in, since examples come round once an epoch: whatever made room would be thrown out just before it is wanted.
 */

/** Bytes of a block of memory, about. */
const BLOCK = 2 ** 20;

/** A cache of encoded examples. */
export class ExampleCache {
  readonly #each: number;
  readonly #perBlock: number;
  readonly #blocks: Uint8Array[] = [];
  /** Place of each example, from 1; 0: it is not here. */
  readonly #places: Uint32Array;
  /** Kept free for these, which come round as a whole. */
  readonly #favoured: Uint8Array;
  readonly #most: number;
  #free: number;
  #used = 0;

  /**
   * @param examples Number of examples that there are.
   * @param each Bytes of an example.
   * @param budget Bytes that the cache may take.
   * @param favoured Examples that room is kept for.
   */
  constructor(examples: number, each: number, budget: number, favoured: Uint32Array) {
    this.#each = each;
    this.#perBlock = Math.max(1, Math.floor(BLOCK / each));
    this.#places = new Uint32Array(examples);
    this.#favoured = new Uint8Array(examples);
    for (const index of favoured) this.#favoured[index] = 1;
    this.#most = Math.min(examples, Math.floor(budget / each));
    this.#free = Math.max(0, this.#most - favoured.length);
  }

  /** The bytes of an example; null where it is not here. Not to be written to. */
  get(index: number): Uint8Array | null {
    const place = this.#places[index];
    return place === 0 ? null : this.#at(place - 1);
  }

  /** Keeps a copy, where there is room. */
  put(index: number, bytes: Uint8Array): void {
    if (this.#places[index] !== 0 || this.#used >= this.#most) return;
    if (this.#favoured[index] === 0 && this.#free-- <= 0) return;
    const place = this.#used++;
    if (place % this.#perBlock === 0) {
      const rest = Math.min(this.#perBlock, this.#most - place);
      this.#blocks.push(new Uint8Array(rest * this.#each));
    }
    this.#at(place).set(bytes);
    this.#places[index] = place + 1;
  }

  #at(place: number): Uint8Array {
    const start = (place % this.#perBlock) * this.#each;
    return this.#blocks[Math.floor(place / this.#perBlock)].subarray(start, start + this.#each);
  }
}
