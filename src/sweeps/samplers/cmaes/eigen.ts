/** Eigenvalues and eigenvectors of a symmetric matrix: the cyclic Jacobi method (Golub & Van Loan, section 8.5). */

/** Sweeps over all pairs; convergence is quadratic, ten do for any matrix that turns up. */
const MAX_SWEEPS = 30;

/** `matrix = vectors · diag(values) · vectorsᵀ`. */
export interface Eigen {
  values: Float64Array;
  /** Row-major, one eigenvector a column. */
  vectors: Float64Array;
}

/** Decomposes a symmetric `n` × `n` matrix (row-major); it is not changed. Eigenvalues come in no order. */
export function eigenSymmetric(matrix: Float64Array, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  let norm = 0;
  for (const x of a) norm += x * x;
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p * n + q] ** 2;
    if (!(off > 1e-30 * norm)) break;
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, n, p, q);
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors };
}

/** Turns the plane of axes `p` and `q` so that their entry becomes zero. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q];
  if (apq === 0) return;
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p], a[k * n + q]];
    a[k * n + p] = cosine * x - sine * y;
    a[k * n + q] = sine * x + cosine * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k], a[q * n + k]];
    a[p * n + k] = cosine * x - sine * y;
    a[q * n + k] = sine * x + cosine * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [vectors[k * n + p], vectors[k * n + q]];
    vectors[k * n + p] = cosine * x - sine * y;
    vectors[k * n + q] = sine * x + cosine * y;
  }
}
