/**
 * The arithmetic of PowerSGD on one matrix, row after row. Sums are in float64 in a fixed order and stored as float32, so
 * that the same inputs give the same bits on every machine.
 */

/** `p = m q`: rows × columns times columns × rank. */
export function timesRight(
  m: Float32Array,
  rows: number,
  columns: number,
  q: Float32Array,
  rank: number,
  p: Float32Array,
): void {
  const sums = new Float64Array(rank);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let column = 0; column < columns; column++) {
      const value = m[row * columns + column];
      for (let k = 0; k < rank; k++) sums[k] += value * q[column * rank + k];
    }
    p.set(sums, row * rank);
  }
}

/** `q = mᵀ p`: columns × rows times rows × rank. */
export function timesLeft(
  m: Float32Array,
  rows: number,
  columns: number,
  p: Float32Array,
  rank: number,
  q: Float32Array,
): void {
  const sums = new Float64Array(columns * rank);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = m[row * columns + column];
      for (let k = 0; k < rank; k++) sums[column * rank + k] += value * p[row * rank + k];
    }
  }
  q.set(sums);
}

/** `m = p qᵀ`. */
export function product(
  p: Float32Array,
  q: Float32Array,
  rows: number,
  columns: number,
  rank: number,
  m: Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += p[row * rank + k] * q[column * rank + k];
      m[row * columns + column] = sum;
    }
  }
}

/** Part of a column that is left after the others are taken out, below which it is only rounding error. */
const DEPENDENT = 1e-6;

/**
 * Makes the columns of `p` (rows × rank) orthonormal, in place: Gram–Schmidt, each column cleared twice of those before it
 * (Giraud et al., 2005). A column that depends on others becomes zero.
 */
export function orthonormalise(p: Float32Array, rows: number, rank: number): void {
  const columns = Array.from({ length: rank }, (_, k) => {
    const column = new Float64Array(rows);
    for (let row = 0; row < rows; row++) column[row] = p[row * rank + k];
    return column;
  });
  const dot = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += a[row] * b[row];
    return sum;
  };
  for (const [k, column] of columns.entries()) {
    const before = Math.sqrt(dot(column, column));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of columns.slice(0, k)) {
        const part = dot(other, column);
        for (let row = 0; row < rows; row++) column[row] -= part * other[row];
      }
    }
    const left = Math.sqrt(dot(column, column));
    if (left <= DEPENDENT * before) column.fill(0);
    else for (let row = 0; row < rows; row++) column[row] /= left;
    for (let row = 0; row < rows; row++) p[row * rank + k] = column[row];
  }
}
