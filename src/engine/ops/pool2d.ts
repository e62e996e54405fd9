/** Pooling over windows that do not overlap; what is left at the lower and right border belongs to no window. */
import { globalPool, globalPoolGradient, pool, poolGradient, type PoolGeometry } from '../kernels/pool2d';
import { tf } from '../tf';
import { plain } from './activate';
import { latheBackend } from './lathe-backend';
import { taped } from './taped';
import { value, type Value } from './value';

/** `[batch, height, width, channels]` → `[batch, ⌊height / size⌋, ⌊width / size⌋, channels]`, the largest of each window. */
export const maxPool2d = (x: Value, size: number): Value => pool2d(x, size, 'max');

/** The same with the mean of each window. */
export const averagePool2d = (x: Value, size: number): Value => pool2d(x, size, 'average');

function pool2d(x: Value, size: number, kind: 'max' | 'average'): Value {
  const backend = latheBackend();
  if (!backend) {
    const all = plain(x);
    const [n, h, w, c] = all.shape;
    const input = all.as4D(n, h, w, c);
    return value(kind === 'max' ? tf.maxPool(input, size, size, 'valid') : tf.avgPool(input, size, size, 'valid'));
  }
  const { tensor } = x;
  const [batch, height, width, channels] = tensor.shape;
  const geometry: PoolGeometry = { batch, height, width, channels, size, kind };
  const storage = backend.activationStorage;
  const result = backend.allocate([batch, Math.floor(height / size), Math.floor(width / size), channels], storage);
  backend.run(pool(geometry, backend.target, backend.storageOf(tensor), storage), [tensor, result]);
  if (x.constant)
    return value(
      taped([], result, [], () => []),
      { constant: true },
    );
  const saved = [tensor, ...(x.before ? [x.before] : [])];
  const output = taped([tensor], result, saved, (dy) => {
    const dx = backend.allocate(tensor.shape, backend.activationStorage);
    const storages = {
      dy: backend.storageOf(dy),
      x: backend.storageOf(tensor),
      z: x.before ? backend.storageOf(x.before) : null,
      dx: backend.activationStorage,
    };
    const kernel = poolGradient(geometry, x.activation, backend.target, storages);
    backend.run(kernel, [dy, tensor, ...(x.before ? [x.before] : []), dx]);
    return [dx];
  });
  return value(output);
}

/** `[batch, height, width, channels]` → `[batch, channels]`, the mean over all positions. */
export function globalAveragePool2d(x: Value): Value {
  const backend = latheBackend();
  const input = plain(x);
  const [batch, height, width, channels] = input.shape;
  if (!backend) return value(tf.mean(input, [1, 2]));
  const storage = backend.activationStorage;
  const result = backend.allocate([batch, channels], storage);
  const positions = height * width;
  backend.run(globalPool(batch, positions, channels, backend.storageOf(input), storage), [input, result]);
  const output = taped([input], result, [], (dy) => {
    const dx = backend.allocate(input.shape, backend.activationStorage);
    const kernel = globalPoolGradient(batch, positions, channels, backend.storageOf(dy), backend.activationStorage);
    backend.run(kernel, [dy, dx]);
    return [dx];
  });
  return value(output);
}
