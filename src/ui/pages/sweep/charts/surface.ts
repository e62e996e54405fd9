/** A surface through scattered points: what lies between the trials of a contour chart. */

/** Values on a grid over the unit square. */
export interface Surface {
  columns: number;
  rows: number;
  /** Row by row from the bottom, at the middles of the cells; NaN where nothing is known. */
  values: Float32Array;
}

/** Points of the unit square with a value each. */
export interface Samples {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  z: ArrayLike<number>;
}

/** Cells along a continuous axis. */
const CELLS = 48;
/** Distance within which points are averaged rather than met: a share of the axis. */
const SOFTNESS = 0.02;

/**
 * Inverse-distance weighting (Shepard, 1968) with weights 1/(d² + s²)², softened so that trials which nearly coincide are
 * averaged. Values stay within those of the points. Across an axis with `slots` (categories) nothing is interpolated: each
 * choice knows its own points alone.
 */
export function interpolate({ x, y, z }: Samples, xSlots: number | null = null, ySlots: number | null = null): Surface {
  const columns = xSlots ?? CELLS;
  const rows = ySlots ?? CELLS;
  const sources = gather(x, y, z, columns, rows);
  const groups = new Map<number, Source[]>();
  const groupOf = (column: number, row: number): number =>
    (xSlots === null ? 0 : column) * rows + (ySlots === null ? 0 : row);
  for (const source of sources) {
    const key = groupOf(source.column, source.row);
    const group = groups.get(key);
    if (group) group.push(source);
    else groups.set(key, [source]);
  }
  const values = new Float32Array(columns * rows).fill(NaN);
  const soft = SOFTNESS ** 2;
  for (let row = 0; row < rows; row++) {
    const cy = (row + 0.5) / rows;
    for (let column = 0; column < columns; column++) {
      const group = groups.get(groupOf(column, row));
      if (!group) continue;
      const cx = (column + 0.5) / columns;
      let sum = 0;
      let total = 0;
      for (const { px, py, pz, count } of group) {
        const dx = px - cx;
        const dy = py - cy;
        const near = dx * dx + dy * dy + soft;
        const weight = count / (near * near);
        sum += weight * pz;
        total += weight;
      }
      values[row * columns + column] = sum / total;
    }
  }
  return { columns, rows, values };
}

/** The points of one cell as one. */
interface Source {
  column: number;
  row: number;
  px: number;
  py: number;
  pz: number;
  count: number;
}

/** Ten thousand points are at most as many sources as there are cells. */
function gather(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  z: ArrayLike<number>,
  columns: number,
  rows: number,
): Source[] {
  const cells = new Map<number, Source>();
  const cellOf = (place: number, count: number): number => Math.min(count - 1, Math.max(0, Math.floor(place * count)));
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i] + y[i] + z[i])) continue;
    const column = cellOf(x[i], columns);
    const row = cellOf(y[i], rows);
    const key = row * columns + column;
    const source = cells.get(key) ?? { column, row, px: 0, py: 0, pz: 0, count: 0 };
    source.px += x[i];
    source.py += y[i];
    source.pz += z[i];
    source.count++;
    cells.set(key, source);
  }
  for (const source of cells.values()) {
    source.px /= source.count;
    source.py /= source.count;
    source.pz /= source.count;
  }
  return [...cells.values()];
}

/**
 * The surface at a place: between the middles of cells linearly, across categories (`stepX`, `stepY`) not at all. NaN where
 * nothing is known.
 */
export function surfaceAt(
  { columns, rows, values }: Surface,
  x: number,
  y: number,
  stepX: boolean,
  stepY: boolean,
): number {
  const [left, right, tx] = between(x, columns, stepX);
  const [below, above, ty] = between(y, rows, stepY);
  const low = values[below * columns + left] * (1 - tx) + values[below * columns + right] * tx;
  const high = values[above * columns + left] * (1 - tx) + values[above * columns + right] * tx;
  return low * (1 - ty) + high * ty;
}

function between(place: number, count: number, step: boolean): [before: number, after: number, share: number] {
  const last = count - 1;
  if (step) {
    const cell = Math.min(last, Math.max(0, Math.floor(place * count)));
    return [cell, cell, 0];
  }
  const at = Math.min(last, Math.max(0, place * count - 0.5));
  const before = Math.floor(at);
  return [before, Math.min(last, before + 1), at - before];
}
