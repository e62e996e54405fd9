/** The standard normal distribution. */

/** Below this the series of erf is short and exact, above it the continued fraction of erfc. */
const SERIES_BELOW = 2;
/** Beyond this the continued fraction has nothing more to add in double precision. */
const FRACTION_TERMS = 60;

/**
 * Probability that a standard normal number is at most `z`, with a relative error below 1e-13 in the lower tail too
 * (Abramowitz & Stegun 7.1.6 and 7.1.14).
 */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const tail = erfc(x) / 2;
  return z < 0 ? tail : 1 - tail;
}

/** The complement of the error function, for x from 0. */
function erfc(x: number): number {
  const scale = Math.exp(-x * x);
  if (x < SERIES_BELOW) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * scale * sum;
  }
  if (scale === 0) return 0;
  let fraction = x;
  for (let n = FRACTION_TERMS; n > 0; n--) fraction = x + n / 2 / fraction;
  return scale / Math.sqrt(Math.PI) / fraction;
}
