/** The Pareto front: what no other trial beats in every objective. */
import type { Axis } from './table';

/**
 * Rows that no other feasible row dominates (as good in every objective, better in one), as flags. Rows that do not meet
 * their constraints are never on the front. Equal rows are on it together.
 */
export function paretoFront(objectives: readonly Axis[], feasible: Uint8Array): Uint8Array {
  // Turned so that less is better in all.
  const columns = objectives.map(({ values, direction }) =>
    direction === 'maximize' ? values.map((v) => -v) : values,
  );
  const on = new Uint8Array(feasible.length);
  const order = Int32Array.from(feasible.keys())
    .filter((row) => feasible[row] === 1)
    .sort((a, b) => {
      for (const column of columns) if (column[a] !== column[b]) return column[a] - column[b];
      return 0;
    });
  // In this order none is dominated by a later one.
  const front: number[] = [];
  for (const row of order) {
    // Of two objectives the last row of the front has the least of the second: it alone decides.
    const rivals = columns.length === 2 ? front.slice(-1) : front;
    if (rivals.some((rival) => dominates(columns, rival, row))) continue;
    on[row] = 1;
    front.push(row);
  }
  return on;
}

function dominates(columns: readonly Float64Array[], a: number, b: number): boolean {
  let better = false;
  for (const column of columns) {
    if (column[a] > column[b]) return false;
    if (column[a] < column[b]) better = true;
  }
  return better;
}
