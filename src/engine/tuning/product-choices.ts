/** Which variant each matrix product takes: the fastest where that was measured, else the default. */
import type { Kernel, Target } from '../kernel';
import { matrixProduct } from '../kernels/matrix-product';
import { productCosts, type MatrixProduct } from '../kernels/product';
import { defaultVariant, type ProductVariant } from '../kernels/product-variants';

/** A class of products that was asked for and not measured yet. */
export interface UnknownClass {
  name: string;
  /** The first product of the class that was asked for. */
  product: MatrixProduct;
  /** How often it was asked for. */
  uses: number;
}

/** Operations below which a product takes the default: launching it takes longer. */
const LEAST_FLOPS = 2 ** 17;

const powerOfTwo = (side: number): number => 2 ** Math.ceil(Math.log2(side));

/**
 * Name of the class of a product, in which one variant serves all: how its matrices lie and are stored, and its sides,
 * rounded up to powers of two (`~` where they are no multiples of four).
 */
export function productClass(product: MatrixProduct): string {
  const { transposeA, transposeB, columnSums, groups = 1, storage = {} } = product;
  const layout = `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}${columnSums ? ' sums' : ''}`;
  const sides = [product.rows, product.columns, product.inner]
    .map((side) => `${powerOfTwo(side)}${side % 4 === 0 ? '' : '~'}`)
    .join('×');
  const { a = 'float32', b = 'float32', result = 'float32' } = storage;
  const stored = [a, b, result].some((each) => each !== 'float32') ? ` ${a} ${b} ${result}` : '';
  return `${layout} ${sides}${groups > 1 ? ` in ${groups}` : ''}${stored}`;
}

/** Choices on one device. They may change what a product costs, never its bits. */
export class ProductChoices {
  readonly #target: Target;
  readonly #chosen = new Map<string, ProductVariant>();
  readonly #unknown = new Map<string, UnknownClass>();

  constructor(target: Target) {
    this.#target = target;
  }

  /** The kernel of a product. A class that was never measured is noted among `unknown`. */
  kernel(product: MatrixProduct): Kernel {
    return matrixProduct(product, this.#target, this.choose(product));
  }

  /** The variant that `kernel` takes. */
  choose(product: MatrixProduct): ProductVariant {
    const name = productClass(product);
    const chosen = this.#chosen.get(name);
    if (chosen) return chosen;
    const unknown = this.#unknown.get(name);
    if (unknown) unknown.uses++;
    else if (productCosts(product).flops >= LEAST_FLOPS) this.#unknown.set(name, { name, product, uses: 1 });
    return defaultVariant(product, this.#target);
  }

  /** Decides for a class. */
  set(name: string, variant: ProductVariant): void {
    this.#chosen.set(name, variant);
    this.#unknown.delete(name);
  }

  /** Classes that nothing was decided for, those first that take most of a step. */
  get unknown(): UnknownClass[] {
    const work = ({ product, uses }: UnknownClass): number => uses * productCosts(product).flops;
    return [...this.#unknown.values()].sort((a, b) => work(b) - work(a));
  }

  /** Whether there are such classes. */
  get hasUnknown(): boolean {
    return this.#unknown.size > 0;
  }
}
