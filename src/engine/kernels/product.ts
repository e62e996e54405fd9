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

/** Where four sums stand: expressions of the code. */
export interface Place {
  /** Index of the first result of their row: `rowStart` of it. */
  start: string;
  /** A multiple of four. */
  column: string;
}

/** Code for what becomes of finished sums, to be put in where they are finished. */
export interface ProductEpilogue {
  /** Functions that the code calls. */
  functions: string;
  /** Index of the first result of a row, to be kept in a variable. */
  rowStart: (row: string) => string;
  /** Writes the results that four neighbouring sums of a row become. The row must be one of the result. */
  finish: (place: Place, sum: string) => string;
  /** Writes four column sums. */
  finishSums: (column: string, total: string) => string;
}

const LANES = ['x', 'y', 'z', 'w'];

/**
 * The epilogue of a product; its code knows the part as `part` and, where there are several, the group as `group`. Columns past the edge are
 * left out.
 * @param wholeColumns No column is past the edge.
 */
export function productEpilogue(product: MatrixProduct, wholeColumns: boolean): ProductEpilogue {
  const { rows, columns, groups = 1, activation = 'linear', slope } = product;
  const fours = resultsByFours(product);
  const slopeBefore = slope !== undefined && needsBefore(slope);
  const allColumns = groups * columns;
  const inside = (column: string): string => (wholeColumns ? '' : `if (${column} < ${columns}u) `);
  const offset = (side: number): string => (groups === 1 ? '' : ` + group * ${side}u`);

  /** From a sum to what is written at `at`; `each` applies functions of one number to whatever the value is. */
  const steps = (
    sum: string,
    each: (f: (value: string) => string) => string,
    eachSlope: (f: (y: string, z: string) => string) => string,
  ): string =>
    [
      `var value = ${sum}${product.bias ? ' + bias_at(channel)' : ''};`,
      needsBefore(activation) ? 'before_put(at, value);' : '',
      activation === 'linear' ? '' : `value = ${each((value) => `activate(${value})`)};`,
      product.scale ? 'value *= scale_at(channel);' : '',
      product.residual ? 'value += residual_at(at);' : '',
      slope ? `value *= ${eachSlope((y, z) => `slope(${y}, ${z})`)};` : '',
      'result_put(at, value);',
    ]
      .filter(Boolean)
      .join(' ');

  const four = ({ start, column }: Place, sum: string): string => {
    const lanesOf = (f: (lane: string) => string): string => `vec4<f32>(${LANES.map(f).join(', ')})`;
    return `${inside(column)}{
    let channel = (${column}) / 4u${offset(columns / 4)};
    let at = ${start} / 4u + channel;
    ${slope ? `let y_ = y_at(at); ${slopeBefore ? 'let z_ = z_at(at);' : ''}` : ''}
    ${steps(
      sum,
      (f) => lanesOf((lane) => f(`value.${lane}`)),
      (f) => lanesOf((lane) => f(`y_.${lane}`, slopeBefore ? `z_.${lane}` : '0.0')),
    )}
  }`;
  };
  const one = ({ start, column }: Place, sum: string): string => `${inside(column)}{
    let channel = ${column}${offset(columns)};
    let at = ${start} + channel;
    ${steps(
      sum,
      (f) => f('value'),
      (f) => f('y_at(at)', slopeBefore ? 'z_at(at)' : '0.0'),
    )}
  }`;
  return {
    functions: `${activation === 'linear' ? '' : activateFunction(activation)}
${slope ? slopeFunction(slope) : ''}`,
    rowStart: (row) => `(part * ${rows}u + ${row}) * ${allColumns}u`,
    finish: (place, sum) =>
      fours
        ? four(place, sum)
        : LANES.map((lane, i) => one({ ...place, column: `${place.column} + ${i}u` }, `${sum}.${lane}`)).join('\n  '),
    finishSums: (column, total) =>
      fours
        ? `${inside(column)}{ sums_put((part * ${allColumns}u + ${column}${offset(columns)}) / 4u, ${total}); }`
        : LANES.map(
            (lane, i) =>
              `${inside(`${column} + ${i}u`)}{ sums_put(part * ${allColumns}u + ${column}${offset(columns)} + ${i}u, ${total}.${lane}); }`,
          ).join('\n  '),
  };
}
