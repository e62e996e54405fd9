/** Weights of a model in a row of float32, as checkpoints and bundles store them, and back. */
import { LatheError } from '../base/errors';
import { sha256 } from '../base/hash';
import { setVariable } from '../engine/variables';
import type { TensorEntry } from '../store/schema';
import type { Model } from './model';
import { sizeOf } from './plan';

/** All weights of a model in a row. */
export interface PackedWeights {
  /** Every tensor, one after another, little-endian. */
  data: Float32Array<ArrayBuffer>;
  /** Name, shape and place (in bytes) of each. */
  tensors: TensorEntry[];
}

/** Places of tensors that follow one another. */
export function tensorEntries(tensors: { name: string; shape: number[] }[]): TensorEntry[] {
  let offset = 0;
  return tensors.map(({ name, shape }) => {
    const entry = { name, shape: [...shape], offset, length: 4 * sizeOf(shape) };
    offset += entry.length;
    return entry;
  });
}

/** Bytes of float32 numbers, as they are hashed and stored. */
export const bytesOf = (data: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The part of `data` that `entry` names. */
export function tensorData(data: Float32Array, entry: TensorEntry): Float32Array {
  return data.subarray(entry.offset / 4, (entry.offset + entry.length) / 4);
}

/** Reads all weights of a model from the device. */
export async function readWeights({ weights }: Model): Promise<PackedWeights> {
  const tensors = tensorEntries(weights);
  const data = new Float32Array(tensors.reduce((sum, entry) => sum + entry.length / 4, 0));
  const values = await Promise.all(weights.map(({ variable }) => variable.data<'float32'>()));
  values.forEach((value, i) => data.set(value, tensors[i].offset / 4));
  return { data, tensors };
}

/**
 * Sets all weights of a model.
 * @throws LatheError of kind `storage` when names or shapes are not those of the model.
 */
export function loadWeights({ weights }: Model, data: Float32Array, tensors: TensorEntry[]): void {
  const byName = new Map(tensors.map((entry) => [entry.name, entry]));
  for (const { name, shape } of weights) {
    const entry = byName.get(name);
    if (!entry || entry.shape.join() !== shape.join() || entry.offset / 4 + sizeOf(shape) > data.length) {
      throw new LatheError(
        'storage',
        `The stored weights do not fit the model: ${name} [${shape.join(', ')}] ${entry ? `is stored as [${entry.shape.join(', ')}]` : 'is missing'}.`,
      );
    }
  }
  if (weights.length !== tensors.length) {
    throw new LatheError(
      'storage',
      `The stored weights do not fit the model: it has ${weights.length} tensors, ${tensors.length} are stored.`,
    );
  }
  for (const { name, variable } of weights) {
    const entry = byName.get(name);
    if (entry) setVariable(variable, tensorData(data, entry));
  }
}

/** SHA-256 of the weights' bytes in hex: equal hashes, equal weights. */
export const weightsSha256 = (data: Float32Array<ArrayBuffer>): Promise<string> => sha256(bytesOf(data));
