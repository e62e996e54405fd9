/** Weights of a model in a row of float32, as checkpoints and bundles store them, and back. */
import { LatheError } from '../base/errors';
import { sha256 } from '../base/hash';
import { tf } from '../engine/tf';
import type { TensorEntry } from '../store/schema';
import { sizeOf } from './plan';

/** All weights of a model in a row. */
export interface PackedWeights {
  /** Every tensor, one after another, little-endian. */
  data: Float32Array<ArrayBuffer>;
  /** Name, shape and place (in bytes) of each. */
  tensors: TensorEntry[];
}

/** One weight of a model. */
export interface NamedWeight {
  /** `layer/weight`, the same in every process; what a saved tfjs model calls it. */
  name: string;
  shape: number[];
  trainable: boolean;
  /** The variable that layers read. */
  variable: tf.Variable;
}

const isVariable = (tensor: tf.Tensor): tensor is tf.Variable => tensor instanceof tf.Variable;

/** The weights of a model in the order of its layers, statistics of batch normalisation included. */
export function modelWeights(model: tf.LayersModel): NamedWeight[] {
  return model.layers.flatMap((layer) =>
    layer.weights.map((weight) => {
      const variable = weight.read();
      if (!isVariable(variable)) throw new LatheError('internal', `${weight.name} is no variable.`);
      return {
        name: weight.originalName,
        shape: variable.shape,
        trainable: weight.trainable,
        variable,
      };
    }),
  );
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
export async function readWeights(model: tf.LayersModel): Promise<PackedWeights> {
  const weights = modelWeights(model);
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
export function loadWeights(model: tf.LayersModel, data: Float32Array, tensors: TensorEntry[]): void {
  const byName = new Map(tensors.map((entry) => [entry.name, entry]));
  const weights = modelWeights(model);
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
  tf.tidy(() => {
    for (const { name, shape, variable } of weights) {
      const entry = byName.get(name);
      if (entry) variable.assign(tf.tensor(tensorData(data, entry).slice(), shape));
    }
  });
}

/** SHA-256 of the weights' bytes in hex: equal hashes, equal weights. */
export const weightsSha256 = (data: Float32Array<ArrayBuffer>): Promise<string> => sha256(bytesOf(data));
