import { tf } from '../../tf';
import { elementwiseLoss, type ElementwiseLoss } from './elementwise';
import type { Value } from '../value';
import type { Loss } from './loss';

const SQUARE: ElementwiseLoss = {
  name: 'squared error',
  wgsl: { value: 'e * e', slope: '2.0 * e' },
  value: (e) => tf.square(e),
  slope: (e) => tf.mul(e, 2),
};

/** Squared error `Σ wᵢⱼ · (outputᵢⱼ - targetᵢⱼ)²`, all `[rows, outputs]`. */
export const meanSquaredError = (outputs: Value, targets: tf.Tensor, weights: tf.Tensor): Loss =>
  elementwiseLoss(SQUARE, outputs, targets, weights);
