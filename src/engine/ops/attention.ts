import { LatheError } from '../../base/errors';
import {
  attention as attentionKernel,
  attentionKeyValueGradient,
  attentionQueryGradient,
  type Attention,
} from '../kernels/attention';
import { tf } from '../tf';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { taped } from './taped';
import { value, type Value } from './value';

/**
 * Multi-head attention of every position to all, or, where it is causal, to itself and those before it.
 * @param qkv `[batch, time, 3 · width]`: queries, keys and values, each `heads × width / heads`.
 * @returns `[batch, time, width]`.
 */
export function attention(qkv: Value, heads: number, { causal }: { causal: boolean }): Value {
  const backend = latheBackend();
  const input = plain(qkv);
  const [batch, time, triple] = input.shape;
  const size = triple / 3 / heads;
  if (!Number.isInteger(size)) {
    throw new LatheError('internal', `Attention over ${triple / 3} numbers cannot have ${heads} heads.`);
  }
  if (!backend) return value(composite(input, heads, size, causal));
  const shape: Attention = { batch, time, heads, size, causal };
  const storage = backend.activationStorage;
  const result = backend.allocate([batch, time, heads * size], storage);
  const norms = backend.allocate([batch, heads, time]);
  backend.run(attentionKernel(shape, { qkv: backend.storageOf(input), result: storage }), [input, result, norms]);
  backend.incRef(result.dataId);
  const kept = [norms, { ...result }].map((info) => tf.engine().makeTensorFromTensorInfo(info));
  const output = taped([input], result, kept, (dy) => {
    const dqkv = backend.allocate(input.shape, backend.activationStorage);
    const along = backend.allocate(norms.shape, 'float32', 'workspace');
    const storages = {
      qkv: backend.storageOf(input),
      y: storage,
      dy: backend.storageOf(dy),
      dqkv: backend.activationStorage,
    };
    backend.run(attentionQueryGradient(shape, storages), [input, result, dy, norms, dqkv, along]);
    backend.run(attentionKeyValueGradient(shape, storages), [input, dy, norms, along, dqkv]);
    backend.disposeData(along.dataId);
    return [dqkv];
  });
  return value(output);
}

function composite(input: tf.Tensor, heads: number, size: number, causal: boolean): tf.Tensor {
  const [batch, time] = input.shape;
  const [q, k, v] = tf
    .split(input, 3, -1)
    .map((part) => tf.transpose(part.reshape([batch, time, heads, size]), [0, 2, 1, 3]));
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(size));
  const mask = Float32Array.from({ length: time * time }, (_, i) =>
    causal && i % time > Math.floor(i / time) ? -1e30 : 0,
  );
  const weights = tf.softmax(tf.add(scores, tf.tensor2d(mask, [time, time])));
  return tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]).reshape([batch, time, heads * size]);
}
