/** How a distribution moves from step to step, as a raster: a column a recording, a row a range of values. */

/** A histogram of one recording. */
export interface StepHistogram {
  step: number;
  edges: ArrayLike<number>;
  counts: ArrayLike<number>;
}

/** Shares of the values, each column by itself. */
export interface Heat {
  /** Of the values, over all recordings. */
  min: number;
  max: number;
  rows: number;
  /** `columns[i][row]`, the row with the largest values first: share of the values in it, of the fullest row 1. */
  columns: Float64Array[];
}

/** Spreads the bins of each histogram evenly over the rows that they cover. Null where there is nothing to show. */
export function heatOf(histograms: readonly StepHistogram[], rows: number): Heat | null {
  const min = Math.min(...histograms.map(({ edges }) => edges[0]));
  const max = Math.max(...histograms.map(({ edges }) => edges[edges.length - 1]));
  if (!(min < max) || !Number.isFinite(max - min)) return null;
  const columns = histograms.map(({ edges, counts }) => {
    const column = new Float64Array(rows);
    const place = (value: number): number => ((value - min) / (max - min)) * rows;
    for (let bin = 0; bin < counts.length; bin++) {
      if (counts[bin] === 0) continue;
      const [from, to] = [place(edges[bin]), place(edges[bin + 1])];
      for (let row = Math.min(rows - 1, Math.floor(from)); row < rows && row < to; row++) {
        const covered = Math.min(to, row + 1) - Math.max(from, row);
        column[rows - 1 - row] += to > from ? (counts[bin] * covered) / (to - from) : counts[bin];
      }
    }
    const most = Math.max(...column);
    return most > 0 ? column.map((value) => value / most) : column;
  });
  return { min, max, rows, columns };
}
