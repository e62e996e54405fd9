/**
 * Matrix products by tiles in registers: each invocation makes one, without workgroup memory (which costs software
 * adapters a factor of five). There a load from memory takes as long as a dozen products, since every lane loads for
 * itself. Where the four lanes of a subgroup are known to run in step, they take the same rows of A and neighbouring
 * columns of B: each loads a quarter of A's column, and hands it to the others.
 */
import { foldWorkgroups, type KernelSource, type Target } from '../kernel';
import { bByFours, productBindings, productEpilogue, type MatrixProduct } from './product';
import { placesOf, type RegisterTile } from './product-variants';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** What makes a kernel of `product` one by register tiles. */
export function registerProduct(
  product: MatrixProduct,
  target: Target,
  tile: RegisterTile,
): Pick<KernelSource, 'bindings' | 'subgroups' | 'workgroups' | 'body'> {
  const { rows, columns, inner, transposeA, transposeB, parts = 1, groups = 1 } = product;
  const { lanes } = tile;
  const foursOfB = bByFours(product);
  const across = Math.ceil(columns / (tile.columns * lanes));
  const places = placesOf(product, tile);
  const invocations = places * groups * parts * lanes;
  // Few tiles are spread over the processor's cores.
  const size = !target.software ? 64 : invocations >= 256 ? 16 : 4;
  /** Sides of what is stored, all groups together, and where this group's part of them begins. */
  const [allRows, allColumns, allInner] = [groups * rows, groups * columns, groups * inner];
  const offset = (side: number): string => (groups === 1 ? '' : ` + group * ${side}u`);
  const partLength = Math.ceil(inner / parts);
  const tileRows = numbers(tile.rows);
  const tileColumns = numbers(tile.columns);
  const quads = numbers(tile.columns / 4);
  const aLoads = numbers(tile.rows / lanes);
  const wholeRows = rows % tile.rows === 0;
  const wholeColumns = columns % (tile.columns * lanes) === 0;
  const edge = (at: string, count: number, whole: boolean): string => (whole ? `(${at})` : `min(${at}, ${count - 1}u)`);
  const rowOf = (i: number): string => edge(lanes > 1 ? `row + ${lanes * i}u + lane` : `row + ${i}u`, rows, wholeRows);
  const loadsOfB = foursOfB
    ? quads.map((q) => ({
        name: `b${q}`,
        at: `${edge(`column / 4u + ${q}u`, columns / 4, wholeColumns)}${offset(columns / 4)} + first * ${allColumns / 4}u`,
      }))
    : tileColumns.map((j) => {
        const at = edge(`column + ${j}u`, columns, wholeColumns);
        return {
          name: `b${j}`,
          at: transposeB
            ? `${at} * ${allInner}u${offset(inner)} + first`
            : `${at}${offset(columns)} + first * ${allColumns}u`,
        };
      });
  const stepOfB = transposeB ? 1 : foursOfB ? allColumns / 4 : allColumns;
  const quadOfB = (q: number): string =>
    foursOfB ? `b_at(b${q})` : `vec4<f32>(${[0, 1, 2, 3].map((l) => `b_at(b${4 * q + l})`).join(', ')})`;
  const valueOfA = (i: number): string =>
    lanes > 1 ? `subgroupBroadcast(x${Math.floor(i / lanes)}, ${i % lanes}u)` : `x${i}`;
  const { functions, rowStart, finish, finishSums } = productEpilogue(product, wholeColumns);
  const body = `
${functions}
@compute @workgroup_size(${size})
fn main(
  @builtin(global_invocation_id) invocation: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>,
  ${lanes > 1 ? '@builtin(subgroup_invocation_id) lane: u32' : ''}
) {
  let index = (invocation.x + invocation.y * count.x * ${size}u) / ${lanes}u;
  if (index >= ${places * groups * parts}u) { return; }
  let part = ${parts === 1 ? '0u' : `index / ${places * groups}u`};
  let place = index % ${places}u;
  ${groups === 1 ? '' : `let group = index / ${places}u % ${groups}u;`}
  let row = (place / ${across}u) * ${tile.rows}u;
  let column = (place % ${across}u) * ${tile.columns * lanes}u${lanes > 1 ? ` + lane * ${tile.columns}u` : ''};
  let first = part * ${partLength}u;
  let end = min(first + ${partLength}u, ${inner}u);
  // Indices past the edge are pulled back onto it: what they compute is not written.
  ${aLoads.map((i) => `var a${i} = ${rowOf(i)}${transposeA ? `${offset(rows)} + first * ${allRows}u` : ` * ${allInner}u${offset(inner)} + first`};`).join('\n  ')}
  ${loadsOfB.map(({ name, at }) => `var ${name} = ${at};`).join('\n  ')}
  ${tileRows.map((i) => quads.map((q) => `var sum${i}_${q} = vec4<f32>(0.0);`).join(' ')).join('\n  ')}
  ${product.columnSums ? quads.map((q) => `var total_${q} = vec4<f32>(0.0);`).join(' ') : ''}
  for (var k = first; k < end; k++) {
    ${quads.map((q) => `let y${q} = ${quadOfB(q)};`).join('\n    ')}
    ${loadsOfB.map(({ name }) => `${name} += ${stepOfB}u;`).join(' ')}
    ${product.innerScale ? `let factor = inner_scale_at(k${offset(inner)});` : ''}
    ${product.columnSums ? quads.map((q) => `total_${q} += y${q};`).join(' ') : ''}
    ${aLoads.map((i) => `let x${i} = a_at(a${i})${product.innerScale ? ' * factor' : ''}; a${i} += ${transposeA ? `${allRows}u` : '1u'};`).join('\n    ')}
    ${tileRows
      .map((i) => `{ let x = ${valueOfA(i)}; ${quads.map((q) => `sum${i}_${q} += x * y${q};`).join(' ')} }`)
      .join('\n    ')}
  }
  ${tileRows
    .map(
      (i) =>
        `${wholeRows ? '' : `if (row + ${i}u < ${rows}u) `}{ let start = ${rowStart(`row + ${i}u`)}; ${quads
          .map((q) => finish({ start: 'start', column: `column + ${4 * q}u` }, `sum${i}_${q}`))
          .join(' ')} }`,
    )
    .join('\n  ')}
  ${
    product.columnSums
      ? `if (row == 0u) { ${quads.map((q) => finishSums(`column + ${4 * q}u`, `total_${q}`)).join(' ')} }`
      : ''
  }
}`;
  return {
    bindings: productBindings(product),
    subgroups: lanes > 1,
    workgroups: foldWorkgroups(Math.ceil(invocations / size)),
    body,
  };
}
