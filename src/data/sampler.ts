/**
 * The order in which training examples are seen: a function of the seed and the epoch alone, so that the number of the
 * next batch is all that a resumed run needs to go on exactly where it stopped.
 */
import { randomStream, shuffle } from '../base/random';

/** The training examples in the order of `epoch` (from 0). */
export function epochOrder(indices: Uint32Array, seed: number, epoch: number): Uint32Array {
  return shuffle(indices.slice(), randomStream(seed, 'shuffle', epoch));
}
