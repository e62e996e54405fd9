/**
 * Dropout whose mask is a function of a key and an index alone: a resumed run that names the same key drops the same
 * features, and every backend drops the same ones.
 */
import { tf } from './tf';

/** The finaliser of MurmurHash3: a bijection of 32-bit numbers that mixes every bit into every other. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 32 random bits, a function of key and index. */
export function randomBits(key: number, index: number): number {
  return mix(mix((index + key) | 0) ^ Math.imul(key, 0x9e3779b9));
}

/**
 * Mask of `length` features: 0 with probability `rate`, else `1 / (1 - rate)`, so that the expectation stays.
 * @param key 32-bit integer that names the mask.
 */
export function dropoutMask(length: number, rate: number, key: number): Float32Array {
  const threshold = Math.floor(rate * 0x1_0000_0000);
  const kept = 1 / (1 - rate);
  const mask = new Float32Array(length);
  for (let i = 0; i < length; i++) if (randomBits(key, i) >= threshold) mask[i] = kept;
  return mask;
}

/** Drops features of `x` (any shape, float32); differentiable. */
export function dropout(x: tf.Tensor, rate: number, key: number): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.tensor(dropoutMask(x.size, rate, key), x.shape)));
}
