/**
 * Dropout (Srivastava et al. 2014), inverted: what is kept is scaled up. The mask is a function of the run's seed, the
 * layer, the number of the forward pass and the feature's index: nothing of it is stored, and a resumed run repeats it.
 */
import { deriveSeed } from '../../base/random';
import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';
import { philox, PHILOX, type Key } from '../kernels/philox';
import type { PassCounter } from '../pass-counter';
import { tf } from '../tf';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { taped } from './taped';
import { value, type Value } from './value';

/** Names the masks of one layer of one run. */
export interface DropoutStream {
  seed: number;
  layer: string;
}

const keyOf = ({ seed, layer }: DropoutStream): Key => [
  deriveSeed(seed, 'dropout', layer, 0) >>> 0,
  deriveSeed(seed, 'dropout', layer, 1) >>> 0,
];

/** A word below this is dropped. */
const threshold = (rate: number): number => Math.floor(rate * 0x1_0000_0000);

/**
 * Mask of `length` features: 0 with probability `rate`, else `1 / (1 - rate)`, so that the expectation stays.
 * @param pass Number of the forward pass.
 */
export function dropoutMask(length: number, rate: number, stream: DropoutStream, pass: number): Float32Array {
  const key = keyOf(stream);
  const mask = new Float32Array(length);
  for (let i = 0; i < length; i += 4) {
    const words = philox([i / 4, pass >>> 0, 0, 0], key);
    for (let j = 0; j < 4 && i + j < length; j++) if (words[j] >= threshold(rate)) mask[i + j] = 1 / (1 - rate);
  }
  return mask;
}

/** Drops features of `x` with probability `rate`, below 1. */
export function dropout(x: Value, rate: number, stream: DropoutStream, counter: PassCounter): Value {
  if (rate === 0) return x;
  const backend = latheBackend();
  const input = plain(x);
  if (!backend || !counter.range) {
    const mask = tf.tidy(() => tf.tensor(dropoutMask(input.size, rate, stream, counter.pass), input.shape));
    return value(tf.mul(input, mask));
  }
  const { range } = counter;
  const masked = (from: tf.TensorInfo): tf.TensorInfo => {
    const storage = backend.activationStorage;
    const result = backend.allocate(input.shape, storage);
    backend.run(dropoutKernel(input.size, rate, keyOf(stream), backend.storageOf(from), storage), [
      from,
      range,
      result,
    ]);
    return result;
  };
  // The gradient is masked by the same words: the counter stands still within a pass.
  return value(taped([input], masked(input), [], (dy) => [masked(dy)]));
}

function dropoutKernel(length: number, rate: number, key: Key, from: Storage, to: Storage): Kernel {
  const quads = Math.ceil(length / 4);
  return makeKernel({
    name: 'dropout',
    bindings: [
      { name: 'x', access: 'read', storage: from },
      { name: 'counter', access: 'read', storage: 'uint32' },
      { name: 'result', access: 'read_write', storage: to },
    ],
    workgroups: indexWorkgroups(quads),
    flops: length,
    bytes: storageBytes(from, length) + storageBytes(to, length),
    body: `${PHILOX}
${forEachIndex(quads)}
  let words = philox(vec4<u32>(index, counter[0], 0u, 0u), vec2<u32>(${key[0]}u, ${key[1]}u));
  for (var j = 0u; j < 4u; j++) {
    let at = 4u * index + j;
    if (at < ${length}u) {
      result_put(at, select(0.0, x_at(at) * ${(1 / (1 - rate)).toPrecision(9)}, words[j] >= ${threshold(rate)}u));
    }
  }
}`,
  });
}
