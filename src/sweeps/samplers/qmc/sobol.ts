/** The Sobol sequence: points that fill a cube evenly, however many are taken. Sobol (1967); Joe and Kuo (2008). */
import { DIRECTION_NUMBERS } from './direction-numbers';

/** Binary digits of a coordinate. */
const BITS = 32;

/** Dimensions that there are direction numbers for. */
export const MOST_DIMENSIONS = DIRECTION_NUMBERS.length + 1;

/** By dimension, once they are needed. */
const DIRECTIONS: Uint32Array[] = [];

/**
 * A coordinate of the point `index` in [0, 1), points in the order of Gray's code. `shift` (32 bits) is added to its binary
 * digits without carry: a digital shift keeps the points as even as they are.
 */
export function sobol(index: number, dimension: number, shift = 0): number {
  const directions = (DIRECTIONS[dimension] ??= directionsOf(dimension));
  let digits = shift;
  for (let gray = index ^ (index >>> 1), bit = 0; gray !== 0; gray >>>= 1, bit++) {
    if (gray & 1) digits ^= directions[bit];
  }
  return (digits >>> 0) / 2 ** BITS;
}

function directionsOf(dimension: number): Uint32Array {
  const directions = new Uint32Array(BITS);
  if (dimension === 0) return directions.map((_, bit) => 2 ** (BITS - 1 - bit));
  const [polynomial, numbers] = DIRECTION_NUMBERS[dimension - 1].split(': ');
  const coefficients = Number(polynomial);
  const first = numbers.split(' ').map(Number);
  const degree = first.length;
  for (let bit = 0; bit < BITS; bit++) {
    if (bit < degree) {
      directions[bit] = first[bit] << (BITS - 1 - bit);
      continue;
    }
    let direction = directions[bit - degree] ^ (directions[bit - degree] >>> degree);
    for (let k = 1; k < degree; k++) {
      if ((coefficients >>> (degree - 1 - k)) & 1) direction ^= directions[bit - k];
    }
    directions[bit] = direction;
  }
  return directions;
}
