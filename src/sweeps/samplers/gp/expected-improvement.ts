/**
 * The logarithm of the expected improvement: how much better than the best a value is expected to be. Far from the best the
 * improvement itself is zero by rounding, and has no slope to follow. Ament et al. 2023, “Unexpected improvements to expected
 * improvement for Bayesian optimization”.
 */

const LOG_ROOT_2_PI = Math.log(2 * Math.PI) / 2;
const ROOT_HALF_PI = Math.sqrt(Math.PI / 2);

/**
 * `log E[max(0, z + Z)]` for a standard normal `Z`, and its derivative: `log(φ(z) + z Φ(z))` and `Φ(z) / (φ(z) + z Φ(z))`.
 */
export function logImprovement(z: number): { value: number; slope: number } {
  if (z >= -1) {
    const density = Math.exp((-z * z) / 2 - LOG_ROOT_2_PI);
    // Φ(z) = 1 − φ(z) · mills(z), on the side where that is exact.
    const below = z < 0 ? density * mills(-z) : 1 - density * mills(z);
    const improvement = density + z * below;
    return { value: Math.log(improvement), slope: below / improvement };
  }
  // φ(z) (1 − |z| mills(|z|)); for large |z| the difference is 1/z² up to terms that rounding loses.
  const distance = -z;
  const ratio = mills(distance);
  const rest = distance > 1e4 ? 1 / (distance * distance) : 1 - distance * ratio;
  return { value: (-z * z) / 2 - LOG_ROOT_2_PI + Math.log(rest), slope: ratio / rest };
}

/** Mills' ratio `(1 − Φ(x)) / φ(x)` for `x ≥ 0`. */
export function mills(x: number): number {
  if (x < 2) {
    // Φ(x) − ½ = φ(x) (x + x³/3 + x⁵/15 + …).
    let term = x;
    let series = x;
    for (let k = 3; term > 1e-17 * series; k += 2) series += term *= (x * x) / k;
    return ROOT_HALF_PI * Math.exp((x * x) / 2) - series;
  }
  // The continued fraction 1/(x + 1/(x + 2/(x + 3/(x + …)))), from its end.
  let fraction = x;
  for (let k = Math.ceil(20 + 240 / (x * x)); k > 0; k--) fraction = x + k / fraction;
  return 1 / fraction;
}
