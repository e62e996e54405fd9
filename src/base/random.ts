/**
 * Seeded random numbers on the CPU. Every use has a stream of its own, named by keys: the split, the
 * shuffle of epoch 3, the dropout of layer 2 at step 40. A stream depends on nothing but the run's seed and its
 * keys, so a resumed run needs no saved generator: it names the same stream and gets the same numbers.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random numbers. */
export interface RandomStream {
  /** Uniform in [0, 1), 32 bits of it random. */
  uniform(): number;
  /** Uniform integer in [0, n), without modulo bias. `n` is at most 2^32. */
  integer(n: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
}

/** A 32-bit seed from the run's seed and the stream's keys (FNV-1a, then the finaliser of MurmurHash3). */
export function deriveSeed(seed: number, ...keys: (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of [seed, ...keys].join('\u0000')) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** The stream named by `keys` under `seed`. */
export function randomStream(seed: number, ...keys: (string | number)[]): RandomStream {
  const generator = xoroshiro128plus(deriveSeed(seed, ...keys));
  const uint32 = (): number => generator.next() >>> 0;
  const uniform = (): number => uint32() / 0x1_0000_0000;
  return {
    uniform,
    integer(n) {
      const limit = 0x1_0000_0000 - (0x1_0000_0000 % n);
      let value = uint32();
      while (value >= limit) value = uint32();
      return value % n;
    },
    normal() {
      // 1 - u is in (0, 1], so that the logarithm is finite.
      return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    },
  };
}

/** Shuffles in place (Fisher–Yates) and returns its argument. */
export function shuffle<T extends Uint32Array | unknown[]>(items: T, random: RandomStream): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const swap = items[i];
    items[i] = items[j];
    items[j] = swap;
  }
  return items;
}
