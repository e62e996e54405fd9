/**
 * Matrix products with everything that training puts around them in one dispatch: bias, activation, residual, layer
 * scale, slope of an activation, column sums (the gradient of a bias).
 *
 * Each invocation makes a tile in registers, without workgroup memory (which costs software adapters a factor of five).
 * There a load from memory takes as long as a dozen products, since every lane loads for itself. Where the four lanes of
 * a subgroup are known to run in step, they take the same rows of A and neighbouring columns of B: each loads a quarter
 * of A's column, and hands it to the others.
 *
 * Sums run over the inner dimension in its order; where few tiles would leave the device idle the inner dimension is cut
 * into parts, whose number depends on the shapes alone, and `sumParts` adds them up in their order: the bits repeat.
 */
import type { Activation } from '../../config/activations';
import {
  foldWorkgroups,
  makeKernel,
  storageBytes,
  type Binding,
  type Kernel,
  type Storage,
  type Target,
} from '../kernel';
import { activateFunction, needsBefore, slopeFunction } from './activation';
import { placesOf, tileFor } from './product-tile';

/** `result = epilogue(A · B)`, `[rows, columns]`. */
export interface MatrixProduct {
  rows: number;
  columns: number;
  inner: number;
  /** A is stored as `[inner, rows]`. */
  transposeA?: boolean;
  /** B is stored as `[columns, inner]`. */
  transposeB?: boolean;
  /**
   * Products side by side, each of its own columns of what is stored: A is `[rows, groups · inner]`, B
   * `[inner, groups · columns]`, the result `[rows, groups · columns]`; transposed ones likewise.
   */
  groups?: number;
  /** Adds `bias [columns]`. */
  bias?: boolean;
  activation?: Activation;
  /** Multiplies by `scale [columns]`, behind the bias. */
  scale?: boolean;
  /** Adds `residual [rows, columns]`. */
  residual?: boolean;
  /** Multiplies A by `inner_scale [inner]`. */
  innerScale?: boolean;
  /** Multiplies by the slope of this activation at `y [rows, columns]` (and `z`, where it needs it). */
  slope?: Activation;
  /** Writes `Σ over inner of B`, `[columns]`, to `sums`. B must not be transposed. */
  columnSums?: boolean;
  /** Parts of the inner dimension: results (and sums) are `[parts, …]`, to be added up. */
  parts?: number;
  storage?: Partial<Record<'a' | 'b' | 'residual' | 'y' | 'z' | 'result', Storage>>;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/**
 * The kernel. Bindings in order, those that the product asks for: `a`, `b`, `bias`, `scale`, `residual`, `inner_scale`,
 * `y`, `z`, `result`, `before` (the value in front of an activation that needs it), `sums`.
 */
export function matrixProduct(product: MatrixProduct, target: Target, tile = tileFor(product, target)): Kernel {
  const { rows, columns, inner, transposeA, transposeB, activation = 'linear', slope } = product;
  const { parts = 1, groups = 1 } = product;
  const { lanes } = tile;
  const storageOf = (name: keyof NonNullable<MatrixProduct['storage']>): Storage =>
    product.storage?.[name] ?? 'float32';
  const keepsBefore = needsBefore(activation);
  const slopeBefore = slope !== undefined && needsBefore(slope);
  // Rows of results lie in fours where their length allows it.
  const fours = columns % 4 === 0;
  const foursOfB = fours && !transposeB;
  const read = (name: string, storage: Storage = 'float32', fours = false): Binding => ({
    name,
    access: 'read',
    storage,
    fours,
  });
  const written = (name: string, storage: Storage = 'float32'): Binding => ({
    name,
    access: 'read_write',
    storage,
    fours,
  });
  const bindings: Binding[] = [
    read('a', storageOf('a')),
    read('b', storageOf('b'), foursOfB),
    ...(product.bias ? [read('bias', 'float32', fours)] : []),
    ...(product.scale ? [read('scale', 'float32', fours)] : []),
    ...(product.residual ? [read('residual', storageOf('residual'), fours)] : []),
    ...(product.innerScale ? [read('inner_scale')] : []),
    ...(slope ? [read('y', storageOf('y'), fours)] : []),
    ...(slopeBefore ? [read('z', storageOf('z'), fours)] : []),
    written('result', storageOf('result')),
    ...(keepsBefore ? [written('before', storageOf('result'))] : []),
    ...(product.columnSums ? [written('sums')] : []),
  ];
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
  const body = `
${activation === 'linear' ? '' : activateFunction(activation)}
${slope ? slopeFunction(slope) : ''}
@compute @workgroup_size(${size})
fn main(
  @builtin(global_invocation_id) invocation: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>,
  ${lanes > 1 ? '@builtin(subgroup_invocation_id) lane: u32' : ''}
) {
  let index = (invocation.x + invocation.y * count.x * ${size}u) / ${lanes}u;
  if (index >= ${places * groups * parts}u) { return; }
  let part = index / ${places * groups}u;
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
      (i) => `${wholeRows ? '{' : `if (row + ${i}u < ${rows}u) {`}
    let base = (part * ${rows}u + row + ${i}u) * ${allColumns}u + column${offset(columns)};
    ${fours ? quads.map((q) => fourResults(i, q)).join('\n    ') : tileColumns.map((j) => oneResult(i, j)).join('\n    ')}
  }`,
    )
    .join('\n  ')}
  ${
    product.columnSums
      ? `if (row == 0u) {
    ${
      fours
        ? quads
            .map(
              (q) =>
                `${inside(4 * q)}{ sums_put((part * ${allColumns}u + column${offset(columns)}) / 4u + ${q}u, total_${q}); }`,
            )
            .join('\n    ')
        : tileColumns
            .map(
              (j) =>
                `${inside(j)}{ sums_put(part * ${allColumns}u + column${offset(columns)} + ${j}u, total_${j >> 2}[${j & 3}]); }`,
            )
            .join('\n    ')
    }
  }`
      : ''
  }
}`;

  function inside(j: number): string {
    return wholeColumns ? '' : `if (column + ${j}u < ${columns}u) `;
  }

  function oneResult(i: number, j: number): string {
    return `${inside(j)}{ let at = base + ${j}u; let channel = column${offset(columns)} + ${j}u; ${epilogue(
      `sum${i}_${j >> 2}[${j & 3}]`,
      (f) => f('value'),
      (f) => f('y_at(at)', slopeBefore ? 'z_at(at)' : '0.0'),
    )} }`;
  }

  function fourResults(i: number, q: number): string {
    const lanesOf = (f: (lane: string) => string): string => `vec4<f32>(${['x', 'y', 'z', 'w'].map(f).join(', ')})`;
    return `${inside(4 * q)}{ let at = base / 4u + ${q}u; let channel = column / 4u${offset(columns / 4)} + ${q}u; ${slope ? `let y_ = y_at(at); ${slopeBefore ? 'let z_ = z_at(at);' : ''}` : ''} ${epilogue(
      `sum${i}_${q}`,
      (f) => lanesOf((lane) => f(`value.${lane}`)),
      (f) => lanesOf((lane) => f(`y_.${lane}`, slopeBefore ? `z_.${lane}` : '0.0')),
    )} }`;
  }

  /** What happens to a sum until it is written; `each` applies a function of one number to whatever the value is. */
  function epilogue(
    sum: string,
    each: (f: (value: string) => string) => string,
    eachSlope: (f: (y: string, z: string) => string) => string,
  ): string {
    return [
      `var value = ${sum}${product.bias ? ' + bias_at(channel)' : ''};`,
      keepsBefore ? 'before_put(at, value);' : '',
      activation === 'linear' ? '' : `value = ${each((value) => `activate(${value})`)};`,
      product.scale ? 'value *= scale_at(channel);' : '',
      product.residual ? 'value += residual_at(at);' : '',
      slope ? `value *= ${eachSlope((y, z) => `slope(${y}, ${z})`)};` : '',
      'result_put(at, value);',
    ]
      .filter(Boolean)
      .join(' ');
  }

  return makeKernel({
    name: 'matmul',
    bindings,
    subgroups: lanes > 1,
    workgroups: foldWorkgroups(Math.ceil(invocations / size)),
    flops: 2 * groups * rows * columns * inner,
    bytes:
      storageBytes(storageOf('a'), groups * rows * inner) +
      storageBytes(storageOf('b'), groups * inner * columns) +
      storageBytes(storageOf('result'), groups * rows * columns * parts),
    body,
  });
}
