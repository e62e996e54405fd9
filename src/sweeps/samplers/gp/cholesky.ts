/** Triangular factors of symmetric, positive definite matrices: `n` × `n`, row-major; only lower triangles are read. */

/** What is added to the diagonal, as a share of its mean, where a matrix is not positive definite by rounding; ten times more each try. */
const FIRST_JITTER = 1e-10;
const TRIES = 8;

/**
 * Replaces the lower triangle of `matrix` by its Cholesky factor.
 * @returns Whether the matrix was positive definite; if not, it is spoilt.
 */
export function cholesky(matrix: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (j < i) matrix[i * n + j] = sum / matrix[j * n + j];
      else if (sum > 0) matrix[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/**
 * The Cholesky factor of `matrix`, with as little added to its diagonal as it needs.
 * @throws Error where the matrix is far from positive definite, or holds what is no number.
 */
export function factor(matrix: Float64Array, n: number): Float64Array {
  let mean = 0;
  for (let i = 0; i < n; i++) mean += matrix[i * n + i] / n;
  let jitter = 0;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const lower = Float64Array.from(matrix);
    for (let i = 0; i < n; i++) lower[i * n + i] += jitter;
    if (cholesky(lower, n)) return lower;
    jitter = mean * FIRST_JITTER * 10 ** attempt;
  }
  throw new Error('The covariance of a Gaussian process is not positive definite.');
}

/** The inverse of a lower triangular matrix, lower triangular too. */
export function invertLower(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const diagonal = lower[i * n + i];
    for (let k = 0; k < i; k++) {
      const entry = lower[i * n + k] / diagonal;
      for (let j = 0; j <= k; j++) inverse[i * n + j] -= entry * inverse[k * n + j];
    }
    inverse[i * n + i] = 1 / diagonal;
  }
  return inverse;
}

/** The lower triangle of `AᵀA` for a lower triangular `A`. */
export function gramOfLower(lower: Float64Array, n: number): Float64Array {
  const gram = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const entry = lower[k * n + i];
      for (let j = 0; j <= i; j++) gram[i * n + j] += entry * lower[k * n + j];
    }
  }
  return gram;
}

/** `A x` for a lower triangular `A`. */
export function timesLower(lower: Float64Array, n: number, x: Float64Array, into: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += lower[i * n + j] * x[j];
    into[i] = sum;
  }
}

/** `Aᵀ x` for a lower triangular `A`. */
export function timesLowerTransposed(lower: Float64Array, n: number, x: Float64Array, into: Float64Array): void {
  into.fill(0);
  for (let i = 0; i < n; i++) {
    const entry = x[i];
    for (let j = 0; j <= i; j++) into[j] += lower[i * n + j] * entry;
  }
}
