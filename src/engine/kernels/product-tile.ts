/** Which tile of a matrix product an invocation makes, and into how many parts a product is cut. */
import type { Target } from '../kernel';

/** What an invocation makes, and how many lanes of a subgroup share its rows. */
export interface Tile {
  rows: number;
  columns: number;
  lanes: 1 | 4;
}

/** Tiles that are worth compiling for a target, the best for large products first. */
export function tilesFor({ lockstep }: Target): Tile[] {
  const alone: Tile[] = [{ rows: 8, columns: 8, lanes: 1 }];
  const shared: Tile[] = [
    { rows: 16, columns: 8, lanes: 4 },
    { rows: 8, columns: 8, lanes: 4 },
    { rows: 8, columns: 4, lanes: 4 },
  ];
  return lockstep === 4 ? [...shared, ...alone] : alone;
}

/** Sides of one group's product, and how many of them stand side by side. */
interface Sides {
  rows: number;
  columns: number;
  inner: number;
  groups?: number;
}

/**
 * The tile with the least work on these shapes: products (also those past the edge), and loads, which weigh ten of them
 * each on software adapters.
 */
export function tileFor(sides: Sides, target: Target): Tile {
  const work = (tile: Tile): number => {
    const { rows, columns, lanes } = tile;
    const loads = rows / lanes + columns;
    const broadcasts = lanes > 1 ? rows : 0;
    // Four lanes run together, whether they share rows or not.
    return ((placesOf(sides, tile) * lanes) / 4) * (rows * columns + 12 * loads + broadcasts + 40);
  };
  return tilesFor(target).reduce((best, tile) => (work(tile) < work(best) ? tile : best));
}

/** Tiles of lanes together that cover the result of one group. */
export const placesOf = ({ rows, columns }: Sides, tile: Tile): number =>
  Math.ceil(rows / tile.rows) * Math.ceil(columns / (tile.columns * tile.lanes));

/**
 * Parts into which the inner dimension is cut, so that enough invocations share the work: for products without an
 * epilogue.
 */
export function productParts(sides: Sides, target: Target): number {
  const tile = tileFor(sides, target);
  const invocations = placesOf(sides, tile) * tile.lanes * (sides.groups ?? 1);
  const wanted = Math.ceil((target.software ? 32 : 4096) / invocations);
  return Math.max(1, Math.min(wanted, Math.ceil(sides.inner / 64)));
}
