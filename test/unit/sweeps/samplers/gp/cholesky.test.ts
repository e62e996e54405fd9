import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../../src/base/random';
import {
  cholesky,
  factor,
  gramOfLower,
  invertLower,
  timesLower,
  timesLowerTransposed,
} from '../../../../../src/sweeps/samplers/gp/cholesky';

const n = 7;

/** A matrix with eigenvalues of at least 1. */
function definite(): Float64Array {
  const random = randomStream(1, 'definite');
  const half = Float64Array.from({ length: n * n }, () => random.normal());
  return Float64Array.from({ length: n * n }, (_, ij) => {
    const [i, j] = [Math.floor(ij / n), ij % n];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += half[i * n + k] * half[j * n + k];
    return sum;
  });
}

describe('the Cholesky factor', () => {
  it('times its transpose is the matrix, and its inverse inverts it', () => {
    const matrix = definite();
    const lower = factor(matrix, n);
    const inverse = gramOfLower(invertLower(lower, n), n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let product = 0;
        let identity = 0;
        for (let k = 0; k <= Math.min(i, j); k++) product += lower[i * n + k] * lower[j * n + k];
        for (let k = 0; k < n; k++) identity += matrix[i * n + k] * inverse[Math.max(j, k) * n + Math.min(j, k)];
        expect(product).toBeCloseTo(matrix[i * n + j], 10);
        expect(identity).toBeCloseTo(i === j ? 1 : 0, 10);
      }
    }
  });

  it('takes a matrix that rounding made singular, and refuses what is not positive at all', () => {
    expect(factor(new Float64Array(n * n).fill(1), n).every(Number.isFinite)).toBe(true);
    expect(cholesky(Float64Array.of(1, 0, 2, 1), 2)).toBe(false);
    expect(() => factor(Float64Array.of(1, 0, 2, 1), 2)).toThrow('not positive definite');
    expect(() => factor(Float64Array.of(NaN, 0, 0, 1), 2)).toThrow('not positive definite');
  });

  it('is multiplied with vectors either way round', () => {
    const lower = Float64Array.of(2, 99, 3, 4);
    const into = new Float64Array(2);
    timesLower(lower, 2, Float64Array.of(1, 10), into);
    expect([...into]).toEqual([2, 43]);
    timesLowerTransposed(lower, 2, Float64Array.of(1, 10), into);
    expect([...into]).toEqual([32, 40]);
  });
});
