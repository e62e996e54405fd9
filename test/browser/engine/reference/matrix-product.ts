import type { MatrixProduct } from '../../../../src/engine/kernels/product';
import { ACTIVATE, slopeOf } from './activation';
import { sums, term, type Sums } from './terms';

/** Numbers of a product by the names of its bindings. `z` stands for both `y` and `z`: the slope is taken there. */
export type Operands = Record<'a' | 'b' | 'bias' | 'scale' | 'residual' | 'inner_scale' | 'z', ArrayLike<number>>;

/** What the kernel must write. */
export interface Product {
  result: Sums;
  before: Sums;
  sums: Sums;
}

/** The product of any size with all that may stand behind it, in float64. */
export function referenceProduct(product: MatrixProduct, operands: Operands): Product {
  const { rows, columns, inner, parts = 1, groups = 1, activation = 'linear' } = product;
  const { a, b, bias, scale, residual, inner_scale: innerScale, z } = operands;
  const wide = groups * columns;
  const length = parts * rows * wide;
  const made: Product = { result: sums(length), before: sums(length), sums: sums(parts * wide) };
  const perPart = Math.ceil(inner / parts);
  for (let part = 0; part < parts; part++) {
    for (let group = 0; group < groups; group++) {
      for (let column = 0; column < columns; column++) {
        const c = group * columns + column;
        const each = (visit: (k: number, y: number) => void): void => {
          for (let k = part * perPart; k < Math.min(inner, (part + 1) * perPart); k++) {
            const own = group * inner + k;
            visit(k, b[product.transposeB ? column * groups * inner + own : k * wide + c]);
          }
        };
        each((_, y) => term(made.sums, part * wide + c, y));
        for (let row = 0; row < rows; row++) {
          const at = (part * rows + row) * wide + c;
          each((k, y) => {
            const own = group * inner + k;
            const x = a[product.transposeA ? k * groups * rows + group * rows + row : row * groups * inner + own];
            term(made.before, at, x * y * (product.innerScale ? innerScale[own] : 1));
          });
          if (product.bias) term(made.before, at, bias[c]);
          let value = ACTIVATE[activation](made.before.values[at]);
          // An activation computes with 1 and x, whatever small number comes out; its slope is 1.8 at most.
          let magnitude = made.before.magnitudes[at] * 1.8 + (/linear|relu/.test(activation) ? 0 : 1);
          const times = (factor: number): void => {
            value *= factor;
            magnitude *= Math.abs(factor);
          };
          if (product.scale) times(scale[c]);
          if (product.residual) {
            value += residual[at];
            magnitude += Math.abs(residual[at]);
          }
          if (product.slope) {
            value *= slopeOf(product.slope, z[at]);
            magnitude *= 1.8;
          }
          made.result.values[at] = value;
          made.result.magnitudes[at] = magnitude;
        }
      }
    }
  }
  return made;
}
