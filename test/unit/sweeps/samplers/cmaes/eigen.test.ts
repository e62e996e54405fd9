import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../../src/base/random';
import { eigenSymmetric } from '../../../../../src/sweeps/samplers/cmaes/eigen';

describe('the eigenvalues of a symmetric matrix', () => {
  it('are those known in closed form', () => {
    // Second differences with fixed ends: 2 − 2 cos(kπ/(n + 1)).
    const n = 8;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -1;
    }
    const values = [...eigenSymmetric(matrix, n).values].sort((a, b) => a - b);
    values.forEach((value, k) => expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 12));
  });

  it('put the matrix together again, with vectors at right angles', () => {
    const n = 12;
    const random = randomStream(3, 'matrix');
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random.normal();
    const { values, vectors } = eigenSymmetric(matrix, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let entry = 0;
        let product = 0;
        for (let k = 0; k < n; k++) {
          entry += vectors[i * n + k] * values[k] * vectors[j * n + k];
          product += vectors[k * n + i] * vectors[k * n + j];
        }
        expect(entry).toBeCloseTo(matrix[i * n + j], 10);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
  });

  it('take a diagonal matrix and a zero one', () => {
    expect([...eigenSymmetric(Float64Array.of(3, 0, 0, 5), 2).values]).toEqual([3, 5]);
    expect([...eigenSymmetric(new Float64Array(4), 2).values]).toEqual([0, 0]);
  });
});
