/**
 * Sums of float32 vectors. The sum of two float32 numbers in float64, rounded to float32, is the float32 sum: 53 bits are
 * enough (Figueroa, When is double rounding innocuous?, 1995), so the bits are those of IEEE float32 everywhere.
 */

/** `out = a + b`; `out` may be either. */
export function addTo(out: Float32Array, a: Float32Array, b: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
}

/** `out = a - b`; `out` may be either. */
export function subtractTo(out: Float32Array, a: Float32Array, b: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i] - b[i];
}

/** Sum of squares in float64: finite exactly where all numbers are, as squares of float32 numbers do not overflow it. */
export function sumOfSquares(values: Float32Array): number {
  // Four sums: one alone would wait for each addition to end.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (const whole = values.length - 3; i < whole; i += 4) {
    const w = values[i];
    const x = values[i + 1];
    const y = values[i + 2];
    const z = values[i + 3];
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (; i < values.length; i++) a += values[i] * values[i];
  return a + b + (c + d);
}

/** The bytes of a vector, in place. Every machine that runs a browser is little-endian, as is the wire. */
export const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** The float32 numbers in `bytes`, in place: their start is a multiple of four. */
export const floatsOf = (bytes: Uint8Array): Float32Array =>
  new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
