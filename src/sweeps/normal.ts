/** The standard normal distribution: its mass, to full precision far out in the tails too, and its quantiles. */

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/**
 * (1 + 2x) · exp(x²) · erfc(x) as a polynomial in t = (x − 3.75) / (x + 3.75), lowest power first. The form is that of
 * Shepherd and Laframboise (1981), doi:10.1090/S0025-5718-1981-0595058-X; its coefficients are those of the Chebyshev series
 * in 60 digits, cut where double precision ends.
 */
const SCALED_ERFC = [
  1.2375126308378275, -0.14024059858554697, 0.0035854154854790257, 0.0822767384901452, -0.10880393014244462,
  0.09230432116037748, -0.05869339857664934, 0.028362277418956406, -0.009746579683265262, 0.0017556258528952954,
  0.000293714378044958, -0.0002901540805408417, 5.164652974177416e-5, 2.238423915508223e-5, -1.1438048033346894e-5,
  -9.73559896736775e-7, 1.7419821586224816e-6, -5.7218230603224086e-8, -2.4857126248016745e-7, 2.3263508708859124e-8,
  3.197926671666804e-8, -3.744210080962018e-9, -2.623107347133476e-9, 3.1114333809799254e-10,
];

/** exp(x²) · erfc(x) for x ≥ 0. */
function scaledErfc(x: number): number {
  const t = (x - 3.75) / (x + 3.75);
  const square = t * t;
  // Even and odd powers apart: two short chains of dependent sums in place of a long one.
  let even = 0;
  let odd = 0;
  for (let power = SCALED_ERFC.length - 2; power >= 0; power -= 2) {
    even = even * square + SCALED_ERFC[power];
    odd = odd * square + SCALED_ERFC[power + 1];
  }
  return (even + t * odd) / (1 + 2 * x);
}

/** The chance of a value below `z`. */
export function normalCdf(z: number): number {
  const tail = 0.5 * Math.exp(-0.5 * z * z) * scaledErfc(Math.abs(z) * Math.SQRT1_2);
  return z > 0 ? 1 - tail : tail;
}

/** Logarithm of the density at `z`. */
export const normalLogDensity = (z: number): number => -0.5 * z * z - LOG_SQRT_2PI;

/** Cells that are narrower, in standard deviations, are taken by their middle. */
const NARROW = 0.25;

/** Logarithm of the chance of a value between `a` and `b`, `a` < `b`: to 1e-5 where the two are close, else exact; far out too. */
export function normalLogMass(a: number, b: number): number {
  if (b - a < NARROW) return logMassOfCell(0.5 * (a + b), b - a);
  if (a > 0) return logMassOfLeftTail(-b, -a);
  if (b <= 0) return logMassOfLeftTail(a, b);
  return Math.log1p(-normalCdf(a) - normalCdf(-b));
}

/** Both below 0. The far end's share is taken off before exp(−b²/2) can underflow. */
function logMassOfLeftTail(a: number, b: number): number {
  const share = Math.exp(0.5 * (b - a) * (b + a));
  const near = scaledErfc(-b * Math.SQRT1_2);
  const far = scaledErfc(-a * Math.SQRT1_2);
  return -0.5 * b * b + Math.log(0.5 * (near - share * far));
}

/**
 * A narrow cell around `z`: density times width, times the mean over the cell of exp(−zu − u²/2), u from its middle. Of the
 * first part of the exponent that mean is sinh(y) / y with y = z · width / 2; the second part adds −½ of the mean u² under that
 * tilt. Cheaper than two tails, nothing cancels, and off by width⁴ / 1000 at most.
 */
function logMassOfCell(z: number, width: number): number {
  const y = Math.abs(0.5 * width * z);
  const w2 = width * width;
  if (y < 0.5) {
    const y2 = y * y;
    const tilt = y2 * (1 / 6 - y2 * (1 / 180 - y2 * (1 / 2835 - y2 / 37800)));
    const curve = w2 * (1 / 24 + y2 * (1 / 180 - y2 / 1890) - w2 / 1440);
    return normalLogDensity(z) + Math.log(width) + tilt - curve;
  }
  const fall = Math.exp(-2 * y);
  const coth = (1 + fall) / (1 - fall);
  const curve = (w2 / 8) * (1 - (2 / y) * (coth - 1 / y));
  return normalLogDensity(z) + y + Math.log(((1 - fall) * width) / (2 * y)) - curve;
}

/** The value below which a share `p` lies, 0 ≤ p ≤ 1; infinite at the ends. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0) return -Infinity;
  // Abramowitz and Stegun 26.2.23 is off by 4.5e-4 at most; each of Halley's steps on log Φ cubes that.
  const t = Math.sqrt(-2 * Math.log(p));
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 2; step++) {
    const ratio = 0.5 * scaledErfc(-z * Math.SQRT1_2) * Math.exp(LOG_SQRT_2PI);
    const logCdf = Math.log(ratio) + normalLogDensity(z);
    const miss = (logCdf - Math.log(p)) * ratio;
    // The curvature of log Φ over its slope is −(z + 1 / ratio).
    z -= miss / (1 + 0.5 * miss * (z + 1 / ratio));
  }
  return z;
}

/** A value drawn between `a` and `b`, from `uniform` in [0, 1). Expects a ≤ 0 ≤ b. */
export function truncatedNormal(a: number, b: number, uniform: number): number {
  const below = normalCdf(a);
  const above = normalCdf(-b);
  const mass = 1 - below - above;
  const p = below + uniform * mass;
  // From the nearer tail, where the share is small and so precise.
  const z = p <= 0.5 ? normalQuantile(p) : -normalQuantile(above + (1 - uniform) * mass);
  return Math.min(b, Math.max(a, z));
}
