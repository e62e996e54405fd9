/** Activations in WGSL, and their slopes: parts of the kernels that apply them. */
import type { Activation } from '../../config/activations';

/**
 * Error function by Abramowitz & Stegun 7.1.26, absolute error 1.5e-7: WGSL has none.
 * Numbers whose magnitude is large are exact limits.
 */
const ERF = `
fn erf(x: f32) -> f32 {
  let a = min(abs(x), 6.0);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - p * exp(-a * a));
}`;

/** WGSL's tanh overflows in some drivers where its argument is large. */
const TANH = 'fn tanh_of(x: f32) -> f32 { return select(tanh(x), sign(x), abs(x) > 15.0); }';

const SELU_SCALE = '1.0507009873554805';
const SELU_ALPHA_SCALED = '1.7580993408473766';

interface Snippet {
  helpers?: string;
  /** Of `z`. */
  value: string;
  /** Derivative, of `y = value(z)` and, only where `needsBefore`, of `z`. */
  slope: string;
  needsBefore?: boolean;
}

/**
 * `max`, `min` and `clamp` may turn NaN into a number, and broken weights or inputs would go unseen: limits are set by
 * comparisons, which are false for NaN.
 */
const SNIPPETS: Record<Activation, Snippet> = {
  linear: { value: 'z', slope: '1.0' },
  relu: { value: 'select(z, 0.0, z < 0.0)', slope: 'select(0.0, 1.0, y > 0.0)' },
  gelu: {
    helpers: ERF,
    value: '0.5 * z * (1.0 + erf(z * 0.7071067811865476))',
    slope: '0.5 * (1.0 + erf(z * 0.7071067811865476)) + z * 0.3989422804014327 * exp(-0.5 * z * z)',
    needsBefore: true,
  },
  swish: {
    helpers: 'fn sigmoid(z: f32) -> f32 { return 1.0 / (1.0 + exp(-clamp(z, -80.0, 80.0))); }',
    value: 'z * sigmoid(z)',
    slope: 'sigmoid(z) * (1.0 + z * (1.0 - sigmoid(z)))',
    needsBefore: true,
  },
  elu: { value: 'select(z, exp(z) - 1.0, z < 0.0)', slope: 'select(y + 1.0, 1.0, y >= 0.0)' },
  selu: {
    value: `select(${SELU_SCALE} * z, ${SELU_ALPHA_SCALED} * (exp(z) - 1.0), z < 0.0)`,
    slope: `select(y + ${SELU_ALPHA_SCALED}, ${SELU_SCALE}, y >= 0.0)`,
  },
  tanh: { helpers: TANH, value: 'tanh_of(z)', slope: '1.0 - y * y' },
  sigmoid: { value: 'select(1.0 / (1.0 + exp(-z)), 0.0, z < -80.0)', slope: 'y * (1.0 - y)' },
  softplus: { value: 'max(z, 0.0) + log(1.0 + exp(-abs(z)))', slope: '1.0 - exp(-y)' },
};

/** Whether the slope of an activation needs what stood before it, and not only its result. */
export const needsBefore = (activation: Activation): boolean => SNIPPETS[activation].needsBefore ?? false;

/** `fn activate(z: f32) -> f32`. */
export function activateFunction(activation: Activation): string {
  const { helpers = '', value } = SNIPPETS[activation];
  return `${helpers}\nfn activate(z: f32) -> f32 { return ${value}; }`;
}

/**
 * `fn slope(y: f32, z: f32) -> f32`: the derivative at `z`, where `y = activate(z)`. `z` may be anything where
 * `needsBefore` says no.
 */
export function slopeFunction(activation: Activation): string {
  const { helpers = '', slope } = SNIPPETS[activation];
  return `${helpers}\nfn slope(y: f32, z: f32) -> f32 { return ${slope}; }`;
}
