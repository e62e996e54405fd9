/**
 * Matrix products with everything that training puts around them in one dispatch: bias, activation, residual, layer
 * scale, slope of an activation, column sums (the gradient of a bias).
 *
 * There are several ways to the same bits: whatever the variant, each sum runs over the inner dimension in its order.
 * Where few tiles would leave the device idle the inner dimension is cut into parts, whose number depends on the shapes
 * and the kind of device alone, and `sumParts` adds them up in their order.
 */
import { makeKernel, type Kernel, type Target } from '../kernel';
import { productCosts, type MatrixProduct } from './product';
import { defaultVariant, type ProductVariant } from './product-variants';
import { registerProduct } from './register-product';
import { workgroupProduct } from './workgroup-product';

/** The kernel; its bindings are those of `productBindings`. */
export function matrixProduct(
  product: MatrixProduct,
  target: Target,
  variant: ProductVariant = defaultVariant(product, target),
): Kernel {
  const source =
    variant.kind === 'registers' ? registerProduct(product, target, variant) : workgroupProduct(product, variant);
  return makeKernel({ name: 'matmul', ...productCosts(product), ...source });
}
