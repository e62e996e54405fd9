/** Activations as ops of their own: where no other kernel could apply them. */
import type { Activation } from '../../config/activations';
import { forEachIndex, indexWorkgroups, makeKernel, storageBytes, type Kernel, type Storage } from '../kernel';
import { activateFunction, needsBefore, slopeFunction } from '../kernels/activation';
import { tf } from '../tf';
import { latheBackend } from './lathe-backend';
import { taped } from './taped';
import { value, type Value } from './value';

const STOCK: Record<Activation, (x: tf.Tensor) => tf.Tensor> = {
  linear: (x) => x,
  relu: (x) => tf.relu(x),
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  swish: (x) => tf.mul(x, tf.sigmoid(x)),
  elu: (x) => tf.elu(x),
  selu: (x) => tf.selu(x),
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  softplus: (x) => tf.softplus(x),
};

/** `activation(x)` in stock ops: runs on every backend. */
export const activated = (x: tf.Tensor, activation: Activation): tf.Tensor => STOCK[activation](x);

/** `activation(x)`. The gradient of the activation is left to what consumes the result. */
export function activate(x: Value, activation: Activation): Value {
  if (activation === 'linear') return x;
  const backend = latheBackend();
  const input = plain(x);
  if (!backend) return value(activated(input, activation));
  const storage = backend.activationStorage;
  const result = backend.allocate(input.shape, storage);
  backend.run(activationKernel(input.size, activation, backend.storageOf(input), storage), [input, result]);
  const tensor = taped([input], result, [], (dy) => {
    backend.incRef(dy.dataId);
    return [{ dataId: dy.dataId, shape: dy.shape, dtype: dy.dtype }];
  });
  return { tensor, activation, before: needsBefore(activation) ? input : null, constant: x.constant };
}

/** The tensor of `x` with the gradient of its activation on the tape: nothing is computed forward. */
export function plain({ tensor, activation, before }: Value): tf.Tensor {
  const backend = latheBackend();
  if (activation === 'linear' || !backend) return tensor;
  backend.incRef(tensor.dataId);
  const same = { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype };
  return taped([tensor], same, before ? [before] : [], (dy) => {
    const dx = backend.allocate(tensor.shape, backend.activationStorage);
    const storages = {
      dy: backend.storageOf(dy),
      y: backend.storageOf(tensor),
      z: before ? backend.storageOf(before) : null,
      dx: backend.activationStorage,
    };
    backend.run(activationGradient(tensor.size, activation, storages), [dy, tensor, ...(before ? [before] : []), dx]);
    return [dx];
  });
}

function activationKernel(length: number, activation: Activation, from: Storage, to: Storage): Kernel {
  return makeKernel({
    name: 'activation',
    bindings: [
      { name: 'x', access: 'read', storage: from },
      { name: 'result', access: 'read_write', storage: to },
    ],
    workgroups: indexWorkgroups(length),
    flops: length,
    bytes: storageBytes(from, length) + storageBytes(to, length),
    body: `${activateFunction(activation)}
${forEachIndex(length)}
  result_put(index, activate(x_at(index)));
}`,
  });
}

function activationGradient(
  length: number,
  activation: Activation,
  storages: { dy: Storage; y: Storage; z: Storage | null; dx: Storage },
): Kernel {
  return makeKernel({
    name: 'activation gradient',
    bindings: [
      { name: 'dy', access: 'read', storage: storages.dy },
      { name: 'y', access: 'read', storage: storages.y },
      ...(storages.z ? [{ name: 'z', access: 'read', storage: storages.z } as const] : []),
      { name: 'dx', access: 'read_write', storage: storages.dx },
    ],
    workgroups: indexWorkgroups(length),
    flops: length,
    bytes: 12 * length,
    body: `${slopeFunction(activation)}
${forEachIndex(length)}
  dx_put(index, dy_at(index) * slope(y_at(index), ${storages.z ? 'z_at(index)' : '0.0'}));
}`,
  });
}
