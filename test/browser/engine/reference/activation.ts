import type { Activation } from '../../../../src/config/activations';

/** Error function by its series (Abramowitz & Stegun 7.1.5): exact to 1e-9 up to 4, beyond which it is 1. */
function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let power = x;
  let sum = x;
  for (let n = 1; n < 120; n++) {
    power *= -(x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const [SELU_SCALE, SELU_ALPHA] = [1.0507009873554805, 1.6732632423543772];

/** Activations in float64. */
export const ACTIVATE: Record<Activation, (x: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(0, x),
  gelu: (x) => (x * (1 + erf(x * Math.SQRT1_2))) / 2,
  swish: (x) => x * sigmoid(x),
  elu: (x) => (x >= 0 ? x : Math.expm1(x)),
  selu: (x) => SELU_SCALE * (x >= 0 ? x : SELU_ALPHA * Math.expm1(x)),
  tanh: Math.tanh,
  sigmoid,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

/** Slope of an activation by central differences. */
export const slopeOf = (activation: Activation, x: number): number =>
  (ACTIVATE[activation](x + 1e-5) - ACTIVATE[activation](x - 1e-5)) / 2e-5;
