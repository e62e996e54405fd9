/** Holds ops on WebGPU, values and gradients, against their composites of stock ops on the CPU. */
import { randomStream } from '../../../../src/base/random';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import type { Storage } from '../../../../src/engine/kernel';
import { plain } from '../../../../src/engine/ops/activate';
import type { Value } from '../../../../src/engine/ops/value';
import { tf } from '../../../../src/engine/tf';

/** Numbers of an output and of the gradient of each input. */
export interface Computed {
  output: Float32Array;
  gradients: Float32Array[];
}

/** An op over parameters of given shapes; what else it reads it makes itself. */
export type Op = (inputs: tf.Variable[]) => Value;

/** Reproducible normal numbers. */
export function numbers(shape: number[], name: string): Float32Array {
  const random = randomStream(5, 'op', name);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
}

/** Runs `op` on a backend of its own: its output, and the gradients of `Σ output · cotangent`. */
export async function compute(
  name: 'webgpu' | 'cpu',
  shapes: number[][],
  op: Op,
  storage: Storage = 'float32',
): Promise<Computed> {
  const backend = await startBackend([name]);
  try {
    return await computeOn(backend, shapes, op, storage);
  } finally {
    backend.dispose();
  }
}

/** The same on a backend that runs. */
export async function computeOn(
  backend: Backend,
  shapes: number[][],
  op: Op,
  storage: Storage = 'float32',
): Promise<Computed> {
  if (backend.webgpu) backend.webgpu.activationStorage = storage;
  const inputs = shapes.map((shape, i) => tf.variable(tf.tensor(numbers(shape, `${i}`), shape)));
  let output: tf.Tensor | null = null;
  const { grads } = tf.variableGrads(() => {
    const made = plain(op(inputs));
    output = tf.keep(made.clone());
    const cotangent = tf.tensor(numbers(made.shape, 'cotangent'), made.shape);
    return tf.sum(tf.mul(made, cotangent));
  }, inputs);
  const tensors = [output, ...inputs.map((input) => grads[input.name])] as unknown as tf.Tensor[];
  const [first, ...gradients] = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  tf.dispose([tensors, inputs]);
  return { output: first, gradients };
}

/** Largest difference of two vectors, relative to the largest magnitude in the second (at least `floor`). */
export function distance(a: Float32Array, b: Float32Array, floor = 1e-3): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers against ${b.length}.`);
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), floor);
  return a.reduce((most, value, i) => {
    const difference = Math.abs(value - b[i]) / scale;
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }, 0);
}

/** The largest distance between WebGPU and the CPU: of the output, then of each gradient. */
export async function distances(shapes: number[][], op: Op, storage: Storage = 'float32'): Promise<number[]> {
  const ours = await compute('webgpu', shapes, op, storage);
  const reference = await compute('cpu', shapes, op);
  return [
    distance(ours.output, reference.output),
    ...ours.gradients.map((gradient, i) => distance(gradient, reference.gradients[i])),
  ];
}
