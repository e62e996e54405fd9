/**
 * Philox 4×32-10 (Salmon et al., “Parallel random numbers: as easy as 1, 2, 3”, 2011): four random words, a function of a
 * counter and a key, the same bits in WGSL and in JavaScript.
 */

/** A counter of four words and a key of two. */
export type Counter = [number, number, number, number];
export type Key = [number, number];

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High word of the 64-bit product of two words. */
function high(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const other = aLow * bHigh + (middle % 0x1_0000);
  return (aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(other / 0x1_0000)) >>> 0;
}

/** Four random words. */
export function philox(counter: Counter, key: Key): Counter {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, high1] = [high(M0, c0), high(M1, c2)];
    const [low0, low1] = [Math.imul(M0, c0) >>> 0, Math.imul(M1, c2) >>> 0];
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** `fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32>`. */
export const PHILOX = `
fn high_word(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}
fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let high0 = high_word(${M0}u, c.x);
    let high1 = high_word(${M1}u, c.z);
    c = vec4<u32>(high1 ^ c.y ^ k.x, ${M1}u * c.z, high0 ^ c.w ^ k.y, ${M0}u * c.x);
    k += vec2<u32>(${W0}u, ${W1}u);
  }
  return c;
}`;
