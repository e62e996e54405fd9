/** What a matrix product is, and what its kernels share: bindings, costs, and what becomes of a finished sum. */
import type { Activation } from '../../config/activations';
import { storageBytes, type Binding, type Storage } from '../kernel';
import { activateFunction, needsBefore, slopeFunction } from './activation';

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

/** A binding of a product and the numbers that it holds. */
export type ProductBinding = Binding & { length: number };

const storageOf = (product: MatrixProduct, name: keyof NonNullable<MatrixProduct['storage']>): Storage =>
  product.storage?.[name] ?? 'float32';

/** Rows of results lie in fours where their length allows it. */
export const resultsByFours = ({ columns }: MatrixProduct): boolean => columns % 4 === 0;

/** Whether B is read by fours: it lies as the results do. */
export const bByFours = (product: MatrixProduct): boolean => resultsByFours(product) && !product.transposeB;

/**
 * Bindings in order, those that the product asks for: `a`, `b`, `bias`, `scale`, `residual`, `inner_scale`, `y`, `z`,
 * `result`, `before` (the value in front of an activation that needs it), `sums`.
 * @param aByFours A is read by fours.
 */
export function productBindings(product: MatrixProduct, aByFours = false): ProductBinding[] {
  const { rows, columns, inner, groups = 1, parts = 1, activation = 'linear', slope } = product;
  const fours = resultsByFours(product);
  const read = (name: string, length: number, fours: boolean, storage: Storage = 'float32'): ProductBinding => ({
    name,
    access: 'read',
    storage,
    fours,
    length: groups * length,
  });
  const written = (name: string, length: number, storage: Storage = 'float32'): ProductBinding => ({
    name,
    access: 'read_write',
    storage,
    fours,
    length: parts * groups * length,
  });
  const results = rows * columns;
  const result = storageOf(product, 'result');
  return [
    read('a', rows * inner, aByFours, storageOf(product, 'a')),
    read('b', inner * columns, bByFours(product), storageOf(product, 'b')),
    ...(product.bias ? [read('bias', columns, fours)] : []),
    ...(product.scale ? [read('scale', columns, fours)] : []),
    ...(product.residual ? [read('residual', results, fours, storageOf(product, 'residual'))] : []),
    ...(product.innerScale ? [read('inner_scale', inner, false)] : []),
    ...(slope ? [read('y', results, fours, storageOf(product, 'y'))] : []),
    ...(slope && needsBefore(slope) ? [read('z', results, fours, storageOf(product, 'z'))] : []),
    written('result', results, result),
    ...(needsBefore(activation) ? [written('before', results, result)] : []),
    ...(product.columnSums ? [written('sums', columns)] : []),
  ];
}

/** Operations and bytes of a product, however it is computed. */
export function productCosts(product: MatrixProduct): { flops: number; bytes: number } {
  const { rows, columns, inner, groups = 1, parts = 1 } = product;
  return {
    flops: 2 * groups * rows * columns * inner,
    bytes:
      storageBytes(storageOf(product, 'a'), groups * rows * inner) +
      storageBytes(storageOf(product, 'b'), groups * inner * columns) +
      storageBytes(storageOf(product, 'result'), groups * rows * columns * parts),
  };
}

/**
 * Functions of a product's code:
 *
 * - `finish(part, group, row, column, sum: vec4<f32>)` writes the results that four neighbouring sums of a row become;
 * - `finish_sums(part, group, column, total: vec4<f32>)`, with column sums, writes four of those.
 *
 * `column` is a multiple of four. The row must be one of the result; columns past its edge are left out.
 * @param wholeColumns No column is past the edge.
 */
export function productEpilogue(product: MatrixProduct, wholeColumns: boolean): string {
  const { rows, columns, groups = 1, activation = 'linear', slope } = product;
  const fours = resultsByFours(product);
  const slopeBefore = slope !== undefined && needsBefore(slope);
  const lanes = ['x', 'y', 'z', 'w'];
  const channel = groups === 1 ? 'column' : `(column + group * ${columns}u)`;
  const each = (f: (lane: string) => string): string => `vec4<f32>(${lanes.map(f).join(', ')})`;

  /** From a sum to what is written; `apply` applies functions of one number to whatever the value is. */
  const steps = (
    sum: string,
    apply: (f: (value: string) => string) => string,
    slopes: string,
    indices: { at: string; channel: string },
  ): string =>
    [
      `var value = ${sum}${product.bias ? ` + bias_at(${indices.channel})` : ''};`,
      needsBefore(activation) ? `before_put(${indices.at}, value);` : '',
      activation === 'linear' ? '' : `value = ${apply((value) => `activate(${value})`)};`,
      product.scale ? `value *= scale_at(${indices.channel});` : '',
      product.residual ? `value += residual_at(${indices.at});` : '',
      slope ? `value *= ${slopes};` : '',
      `result_put(${indices.at}, value);`,
    ]
      .filter(Boolean)
      .join('\n  ');

  const four = `${wholeColumns ? '' : `if (column >= ${columns}u) { return; }`}
  let channel = ${channel} / 4u;
  let at = (part * ${rows}u + row) * ${(groups * columns) / 4}u + channel;
  ${slope ? 'let y = y_at(at);' : ''} ${slopeBefore ? 'let z = z_at(at);' : ''}
  ${steps(
    'sum',
    (f) => each((lane) => f(`value.${lane}`)),
    each((lane) => `slope(y.${lane}, ${slopeBefore ? `z.${lane}` : '0.0'})`),
    { at: 'at', channel: 'channel' },
  )}`;
  const oneByOne = `let channel = ${channel};
  let at = (part * ${rows}u + row) * ${groups * columns}u + channel;
  ${lanes
    .map(
      (lane, i) => `${wholeColumns ? '' : `if (column + ${i}u >= ${columns}u) { return; }`}
  {
  ${steps(
    `sum.${lane}`,
    (f) => f('value'),
    `slope(y_at(at + ${i}u), ${slopeBefore ? `z_at(at + ${i}u)` : '0.0'})`,
    { at: `(at + ${i}u)`, channel: `(channel + ${i}u)` },
  )}
  }`,
    )
    .join('\n  ')}`;
  const sums = fours
    ? `${wholeColumns ? '' : `if (column >= ${columns}u) { return; }`}
  sums_put((part * ${groups * columns}u + ${channel}) / 4u, total);`
    : lanes
        .map(
          (lane, i) => `${wholeColumns ? '' : `if (column + ${i}u >= ${columns}u) { return; }`}
  sums_put(part * ${groups * columns}u + ${channel} + ${i}u, total.${lane});`,
        )
        .join('\n  ');
  return `
${activation === 'linear' ? '' : activateFunction(activation)}
${slope ? slopeFunction(slope) : ''}
fn finish(part: u32, group: u32, row: u32, column: u32, sum: vec4<f32>) {
  ${fours ? four : oneByOne}
}
${
  product.columnSums
    ? `fn finish_sums(part: u32, group: u32, column: u32, total: vec4<f32>) {
  ${sums}
}`
    : ''
}`;
}
