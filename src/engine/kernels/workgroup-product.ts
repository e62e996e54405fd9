/**
 * Matrix products by tiles in workgroup memory (Volkov and Demmel, “Benchmarking GPUs to tune dense linear algebra”,
 * 2008): the lanes of a workgroup bring a few steps of the inner dimension of A and B there together, then each makes
 * its results from registers. A number is read from memory once a tile and not once a lane.
 */
import { foldWorkgroups, type KernelSource } from '../kernel';
import { bByFours, productBindings, productEpilogue, type MatrixProduct } from './product';
import { placesOf, type WorkgroupTile } from './product-variants';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const LANES = ['x', 'y', 'z', 'w'];

/** How one of the two matrices is read, by fours along its rows (A) or columns (B) at one step of the inner dimension. */
interface Side {
  name: 'a' | 'b';
  /** Rows or columns, of one group. */
  length: number;
  /** Whether neighbours in that direction lie beside each other. */
  along: boolean;
  /** Whether it is bound by fours. */
  fours: boolean;
  /** Rows or columns of the tile. */
  tile: number;
}

/** What makes a kernel of `product` one by workgroup tiles. */
export function workgroupProduct(
  product: MatrixProduct,
  tile: WorkgroupTile,
): Pick<KernelSource, 'bindings' | 'workgroups' | 'body'> {
  const { rows, columns, inner, transposeA, transposeB, innerScale, columnSums, parts = 1, groups = 1 } = product;
  const { each, depth } = tile;
  const [down, across] = [tile.rows / each, tile.columns / each];
  const size = down * across;
  const places = placesOf(product, tile);
  const placesAcross = Math.ceil(columns / tile.columns);
  const partLength = Math.ceil(inner / parts);
  const aByFours = transposeA === true && rows % 4 === 0;
  const a: Side = { name: 'a', length: rows, along: transposeA === true, fours: aByFours, tile: tile.rows };
  const b: Side = { name: 'b', length: columns, along: !transposeB, fours: bByFours(product), tile: tile.columns };
  const wholeSteps = partLength % depth === 0 && inner % partLength === 0;
  const wholeRows = rows % tile.rows === 0;
  const wholeColumns = columns % tile.columns === 0;
  const fours = numbers(each / 4);
  const offset = (side: number): string => (groups === 1 ? '' : ` + group * ${side}u`);

  /** Fours of a row of the tile in workgroup memory: one more than needed, so that lanes meet different banks. */
  const stride = ({ tile }: Side): number => tile / 4 + 1;

  /** `fn NAME_four(group, at, k)`: the numbers `at`, …, `at + 3` of a matrix at step `k`, pulled back onto its edge. */
  function four(side: Side): string {
    const { name, length, along, fours } = side;
    const whole = length % side.tile === 0;
    const pulled = (at: string, count: number): string => (whole ? at : `min(${at}, ${count - 1}u)`);
    const one = (i: number): string => {
      const at = pulled(`at + ${i}u`, length);
      return along
        ? `${name}_at(k * ${groups * length}u + ${at}${offset(length)})`
        : `${name}_at((${at}) * ${groups * inner}u + k${offset(inner)})`;
    };
    const value = fours
      ? `${name}_at(k * ${(groups * length) / 4}u + ${pulled('at / 4u', length / 4)}${offset(length / 4)})`
      : `vec4<f32>(${[0, 1, 2, 3].map(one).join(', ')})`;
    const factor = innerScale && name === 'a' ? ` * inner_scale_at(k${offset(inner)})` : '';
    return `fn ${name}_four(group: u32, at: u32, k: u32) -> vec4<f32> { return ${value}${factor}; }`;
  }

  /** Brings a tile into workgroup memory; neighbouring lanes read what lies beside each other. */
  function load(side: Side, start: string): string {
    const { name, tile, along } = side;
    const count = (tile / 4) * depth;
    return numbers(Math.ceil(count / size))
      .map((n) => {
        const [place, step] = along ? [`e % ${tile / 4}u`, `e / ${tile / 4}u`] : [`e / ${depth}u`, `e % ${depth}u`];
        const value = `${name}_four(group, ${start} + 4u * place, k + step)`;
        // Steps past the end add products of zeros.
        const store = `tile_${name}[step * ${stride(side)}u + place] = `;
        return `{ let e = lane + ${n * size}u; let place = ${place}; let step = ${step};
      ${wholeSteps ? `${store}${value};` : `if (k + step < end) { ${store}${value}; } else { ${store}vec4<f32>(0.0); }`} }`;
      })
      .join('\n    ');
  }

  const { functions, rowStart, finish, finishSums } = productEpilogue(product, wholeColumns);
  const columnOf = (q: number): string => `left + 4u * (${q * across}u + lane_across)`;
  const body = `
var<workgroup> tile_a: array<vec4<f32>, ${depth * stride(a)}>;
var<workgroup> tile_b: array<vec4<f32>, ${depth * stride(b)}>;
${four(a)}
${four(b)}
${functions}
@compute @workgroup_size(${size})
fn main(
  @builtin(workgroup_id) tile: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32
) {
  let index = tile.x + tile.y * count.x;
  if (index >= ${places * groups * parts}u) { return; }
  let part = ${parts === 1 ? '0u' : `index / ${places * groups}u`};
  let place = index % ${places}u;
  let group = ${groups === 1 ? '0u' : `index / ${places}u % ${groups}u`};
  let top = (place / ${placesAcross}u) * ${tile.rows}u;
  let left = (place % ${placesAcross}u) * ${tile.columns}u;
  let lane_down = lane / ${across}u;
  let lane_across = lane % ${across}u;
  let first = part * ${partLength}u;
  let end = min(first + ${partLength}u, ${inner}u);
  ${numbers(each)
    .map((i) => fours.map((q) => `var sum${i}_${q} = vec4<f32>(0.0);`).join(' '))
    .join('\n  ')}
  ${columnSums ? `let has_sums = top + lane_down == 0u; ${fours.map((q) => `var total_${q} = vec4<f32>(0.0);`).join(' ')}` : ''}
  for (var k = first; k < end; k += ${depth}u) {
    ${load(a, 'top')}
    ${load(b, 'left')}
    workgroupBarrier();
    for (var step = 0u; step < ${depth}u; step++) {
      ${fours.map((i) => `let x${i} = tile_a[step * ${stride(a)}u + ${i * down}u + lane_down];`).join('\n      ')}
      ${fours.map((q) => `let y${q} = tile_b[step * ${stride(b)}u + ${q * across}u + lane_across];`).join('\n      ')}
      ${columnSums ? `if (has_sums) { ${fours.map((q) => `total_${q} += y${q};`).join(' ')} }` : ''}
      ${numbers(each)
        .map((i) => fours.map((q) => `sum${i}_${q} += x${i >> 2}.${LANES[i & 3]} * y${q};`).join(' '))
        .join('\n      ')}
    }
    workgroupBarrier();
  }
  ${numbers(each)
    .map((i) => {
      const row = `top + 4u * (${(i >> 2) * down}u + lane_down) + ${i & 3}u`;
      const finished = fours.map((q) => finish({ start: 'start', column: columnOf(q) }, `sum${i}_${q}`)).join(' ');
      return `{ let row = ${row}; ${wholeRows ? '' : `if (row < ${rows}u) `}{ let start = ${rowStart('row')}; ${finished} } }`;
    })
    .join('\n  ')}
  ${columnSums ? `if (has_sums) { ${fours.map((q) => finishSums(columnOf(q), `total_${q}`)).join(' ')} }` : ''}
}`;
  return {
    bindings: productBindings(product, aByFours),
    workgroups: foldWorkgroups(places * groups * parts),
    body,
  };
}
