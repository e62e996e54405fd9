/**
 * The plane in which vectors are spread most: their first two principal components, by orthogonal iteration (Golub and
 * Van Loan, “Matrix Computations”, 8.2.4) on the covariance, which is never written out. Works in short pieces.
 */
import { randomStream } from '../base/random';

/** Vectors as points of the plane. */
export interface Plane {
  /** One point a vector; NaN where the vector holds what is no finite number. */
  x: Float32Array;
  y: Float32Array;
  /** Shares of the variance that lie along x and y, 0 to 1. */
  explained: [x: number, y: number];
}

/** Rounds of the iteration, at most. */
const ROUNDS = 60;

/** A round that moves both directions by less ends it. */
const SETTLED = 1e-5;

/** Numbers that are gone through before others get their turn. */
const PIECE = 2 ** 19;

/**
 * @param vectors `[rows, width] float32`.
 * @param pause Awaited between pieces of a few milliseconds.
 */
export async function principalPlane(vectors: Float32Array, width: number, pause: () => Promise<void>): Promise<Plane> {
  const count = width > 0 ? Math.floor(vectors.length / width) : 0;
  const row = (i: number): Float32Array => vectors.subarray(i * width, (i + 1) * width);
  const sound = Uint32Array.from({ length: count }, (_, i) => i).filter((i) => row(i).every(Number.isFinite));
  const each = async (take: (vector: Float32Array, i: number) => void): Promise<void> => {
    let gone = 0;
    for (const i of sound) {
      take(row(i), i);
      gone += width;
      if (gone < PIECE) continue;
      gone = 0;
      await pause();
    }
  };
  const mean = new Float64Array(width);
  await each((vector) => vector.forEach((value, k) => (mean[k] += value / sound.length)));
  let variance = 0;
  await each((vector) => vector.forEach((value, k) => (variance += (value - mean[k]) ** 2)));

  let axes = orthonormal(start(width));
  for (let round = 0; round < ROUNDS; round++) {
    const next = [new Float64Array(width), new Float64Array(width)];
    await each((vector) => {
      const along = axes.map((axis) => project(vector, mean, axis));
      for (let k = 0; k < width; k++) {
        const centred = vector[k] - mean[k];
        next[0][k] += along[0] * centred;
        next[1][k] += along[1] * centred;
      }
    });
    const turned = orthonormal(next);
    const moved = Math.max(...turned.map((axis, a) => 1 - Math.abs(dot(axis, axes[a]))));
    axes = turned;
    if (moved < SETTLED ** 2) break;
  }
  axes = axes.map(upright);
  const points = axes.map(() => new Float32Array(count).fill(NaN));
  const spread = [0, 0];
  await each((vector, i) => {
    axes.forEach((axis, a) => {
      const along = project(vector, mean, axis);
      points[a][i] = along;
      spread[a] += along * along;
    });
  });
  const share = (a: number): number => (variance > 0 ? Math.min(1, spread[a] / variance) : 0);
  return { x: points[0], y: points[1], explained: [share(0), share(1)] };
}

function start(width: number): Float64Array[] {
  const random = randomStream(0, 'principal components');
  return [0, 1].map(() => Float64Array.from({ length: width }, () => random.normal()));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function project(vector: Float32Array, mean: Float64Array, axis: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < axis.length; k++) sum += (vector[k] - mean[k]) * axis[k];
  return sum;
}

/** Gram and Schmidt; a direction in which nothing is spread becomes zero. */
function orthonormal([first, second]: Float64Array[]): Float64Array[] {
  const a = normalised(first, 0);
  const before = Math.sqrt(dot(second, second));
  const along = dot(second, a);
  const left = second.map((value, k) => value - along * a[k]);
  return [a, normalised(left, 1e-9 * before)];
}

function normalised(vector: Float64Array, least: number): Float64Array {
  const size = Math.sqrt(dot(vector, vector));
  return size > least ? vector.map((value) => value / size) : new Float64Array(vector.length);
}

/** Of the two directions that an axis may point in, the one in which its largest number is positive. */
function upright(axis: Float64Array): Float64Array {
  const largest = axis.reduce((found, value) => (Math.abs(value) > Math.abs(found) ? value : found), 0);
  return largest < 0 ? axis.map((value) => -value) : axis;
}
