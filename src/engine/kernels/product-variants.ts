/** Variants of a matrix product, which of them is taken where nothing was measured, and into how many parts it is cut. */
import type { Target } from '../kernel';

/** Each invocation makes a tile of so many results, and `lanes` neighbours in a subgroup share its rows. */
export interface RegisterTile {
  kind: 'registers';
  rows: number;
  columns: number;
  lanes: 1 | 4;
}

/**
 * Each workgroup makes a tile of so many results, of which each invocation makes `each` × `each`; `depth` steps of the
 * inner dimension are brought into workgroup memory at a time.
 */
export interface WorkgroupTile {
  kind: 'workgroup';
  rows: number;
  columns: number;
  each: 4 | 8;
  depth: number;
}

/** A way to compute a product; all give the same bits. */
export type ProductVariant = RegisterTile | WorkgroupTile;

/** Sides of one group's product, how many of them stand side by side, and the parts of the inner dimension. */
interface Sides {
  rows: number;
  columns: number;
  inner: number;
  groups?: number;
  parts?: number;
}

const registers = (rows: number, columns: number, lanes: 1 | 4 = 1): RegisterTile => ({
  kind: 'registers',
  rows,
  columns,
  lanes,
});
const workgroup = (side: number, each: 4 | 8, depth: number): WorkgroupTile => ({
  kind: 'workgroup',
  rows: side,
  columns: side,
  each,
  depth,
});

/** For software adapters whose subgroups of four run in step; alone for others. */
const LOCKSTEP_TILES = [registers(16, 8, 4), registers(8, 8, 4), registers(8, 4, 4)];
const SOFTWARE_TILES = [registers(8, 8)];

/** For GPUs, the largest first: large tiles load less, small ones keep more lanes busy. */
const REGISTER_TILES = [registers(8, 8), registers(8, 4), registers(4, 4)];
const WORKGROUP_TILES = [workgroup(128, 8, 8), workgroup(64, 8, 8), workgroup(64, 4, 16), workgroup(32, 4, 16)];

/** Every variant there is. */
export const PRODUCT_VARIANTS: readonly ProductVariant[] = [...LOCKSTEP_TILES, ...REGISTER_TILES, ...WORKGROUP_TILES];

/** What a variant is called where winners are kept: `registers 8×8`, `workgroup 64×64 by 4×4`. */
export function variantName(variant: ProductVariant): string {
  const { kind, rows, columns } = variant;
  if (kind === 'workgroup') return `${kind} ${rows}×${columns} by ${variant.each}×${variant.each}`;
  return `${kind} ${rows}×${columns}${variant.lanes > 1 ? ` over ${variant.lanes} lanes` : ''}`;
}

/** Tiles that are worth compiling for a software adapter. */
const softwareTiles = ({ lockstep }: Target): RegisterTile[] =>
  lockstep === 4 ? [...LOCKSTEP_TILES, ...SOFTWARE_TILES] : SOFTWARE_TILES;

/** Results that a variant computes for each that is written. */
function waste({ rows, columns }: Sides, variant: ProductVariant): number {
  const [high, wide] = [variant.rows, variant.columns * (variant.kind === 'registers' ? variant.lanes : 1)];
  return (Math.ceil(rows / high) * high * Math.ceil(columns / wide) * wide) / (rows * columns);
}

/** Variants that may be the fastest on these shapes, the default first. */
export function variantsFor(sides: Sides, target: Target): ProductVariant[] {
  const known = defaultVariant(sides, target);
  const others = target.software
    ? softwareTiles(target)
    : [...REGISTER_TILES, ...WORKGROUP_TILES].filter((variant) => waste(sides, variant) <= 4);
  return [known, ...others.filter((variant) => variantName(variant) !== variantName(known))];
}

/** The variant to take where nothing was measured: a function of the shapes and the kind of device. */
export function defaultVariant(sides: Sides, target: Target): ProductVariant {
  return target.software ? softwareTile(sides, target) : gpuVariant(sides);
}

/**
 * The tile with the least work on these shapes: products (also those past the edge), and loads, which weigh ten of them
 * each on software adapters.
 */
function softwareTile(sides: Sides, target: Target): RegisterTile {
  const work = (tile: RegisterTile): number => {
    const { rows, columns, lanes } = tile;
    const loads = rows / lanes + columns;
    const broadcasts = lanes > 1 ? rows : 0;
    // Four lanes run together, whether they share rows or not.
    return ((placesOf(sides, tile) * lanes) / 4) * (rows * columns + 12 * loads + broadcasts + 40);
  };
  return softwareTiles(target).reduce((best, tile) => (work(tile) < work(best) ? tile : best));
}

/**
 * The largest tile that leaves enough of them to fill a GPU (a few dozen processors that each hide the waiting of one
 * workgroup behind others, Volkov and Demmel 2008) and spends little on what lies past the edge.
 */
function gpuVariant(sides: Sides): ProductVariant {
  const { inner, groups = 1, parts = 1 } = sides;
  const enough = { 128: 256, 64: 64, 32: 32 };
  const count = (variant: ProductVariant): number => placesOf(sides, variant) * groups * parts;
  const fits = (variant: ProductVariant): boolean => waste(sides, variant) <= 1.5;
  const shared = WORKGROUP_TILES.find(
    (tile) =>
      inner / parts >= tile.depth &&
      (tile.rows !== 64 || tile.each === 4) &&
      fits(tile) &&
      count(tile) >= enough[tile.rows as keyof typeof enough],
  );
  return shared ?? REGISTER_TILES.find((tile) => fits(tile) && count(tile) >= 8192) ?? registers(4, 4);
}

/** Tiles of lanes together that cover the result of one group. */
export const placesOf = ({ rows, columns }: Pick<Sides, 'rows' | 'columns'>, variant: ProductVariant): number =>
  Math.ceil(rows / variant.rows) *
  Math.ceil(columns / (variant.columns * (variant.kind === 'registers' ? variant.lanes : 1)));

/**
 * Parts into which the inner dimension is cut, so that enough invocations share the work: for products without an
 * epilogue. They decide the order of sums, so they are a function of the shapes and the kind of device, and of nothing
 * that was measured.
 */
export function productParts(sides: Sides, target: Target): number {
  const tile = target.software ? softwareTile(sides, target) : registers(8, 8);
  const invocations = placesOf(sides, tile) * tile.lanes * (sides.groups ?? 1);
  const wanted = Math.ceil((target.software ? 32 : 4096) / invocations);
  return Math.max(1, Math.min(wanted, Math.ceil(sides.inner / 64)));
}
