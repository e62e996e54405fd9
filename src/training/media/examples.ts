/** Validation examples that a run shows again and again, and what the model makes of them now. */
import { randomStream, shuffle } from '../../base/random';
import type { Batch, PreparedData } from '../../data/contract';
import { PassCounter } from '../../engine/pass-counter';
import { tf } from '../../engine/tf';
import type { Model } from '../../models/model';
import { ItemLoader } from '../item-loader';

/** Name of the layer that gives a model's outputs, in every architecture. */
const OUTPUT = 'output';

/** One example, and what the model says. */
export interface SeenExample {
  /** Counts from 1, among the examples that the run uses. */
  number: number;
  /** `[...input_shape] float32`. */
  input: Float32Array;
  /** As in `Batch.targets`, of this one. */
  target: Float32Array | Int32Array;
  /** `[outputs] float32`, of a language model `[context, outputs]`. */
  output: Float32Array;
  /** Output of the last hidden layer, `[...] float32`; empty where it was not asked for. */
  hidden: Float32Array;
}

/** Some validation examples, ascending; fewer are among those of more. The same ones for the same data and seed. */
export function chooseExamples({ splits }: PreparedData, count: number, seed: number): Uint32Array {
  const order = shuffle(splits.validation.slice(), randomStream(seed, 'media'));
  return order.slice(0, count).sort();
}

/** Whether a model has a layer that is trained before its last one. */
export const hasHidden = ({ weights }: Model): boolean =>
  weights.some(({ name, trainable }) => trainable && !name.startsWith(`${OUTPUT}/`));

/**
 * Shows a model examples, batch after batch, as `take` sees them.
 * @param hidden Whether the output of the last hidden layer is wanted.
 * @throws LatheError of kind `data` or `group` where examples cannot be had
 */
export async function showExamples(
  model: Model,
  data: PreparedData,
  indices: Uint32Array,
  { batchSize, hidden, take }: { batchSize: number; hidden: boolean; take: (example: SeenExample) => void },
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(indices.length / batchSize) }, (_, i) =>
    indices.subarray(i * batchSize, (i + 1) * batchSize),
  );
  let next = 0;
  for (const loading of new ItemLoader(data).load('', batches, new AbortController().signal)) {
    const batch = await loading;
    const seen = await forward(model, batch, hidden);
    for (let i = 0; i < batch.n; i++) {
      const place = ({ length }: ArrayLike<number>): [number, number] => [
        (i * length) / batch.n,
        ((i + 1) * length) / batch.n,
      ];
      take({
        number: indices[next++] + 1,
        input: batch.inputs.subarray(...place(batch.inputs)),
        target: batch.targets.subarray(...place(batch.targets)),
        output: seen.outputs.subarray(...place(seen.outputs)),
        hidden: seen.hidden.subarray(...place(seen.hidden)),
      });
    }
  }
}

/** One forward pass, queued anew: it leaves nothing on the device. */
async function forward(
  model: Model,
  { inputs, n }: Batch,
  hidden: boolean,
): Promise<{ outputs: Float32Array; hidden: Float32Array }> {
  const counter = new PassCounter();
  const shape = [n, ...model.io.input_shape];
  const made = tf.tidy(() => {
    const layers: tf.Tensor[] = [];
    const outputs = model.forward(
      model.io.tokens ? tf.tensor(Int32Array.from(inputs), shape, 'int32') : tf.tensor(inputs, shape),
      {
        training: false,
        counter,
        watch: (layer, { tensor }) => layer !== OUTPUT && layers.push(tensor),
      },
    );
    return [outputs.tensor, ...(hidden ? layers.slice(-1) : [])];
  });
  try {
    const [outputs, before = new Float32Array()] = await Promise.all(made.map((tensor) => tensor.data<'float32'>()));
    return { outputs, hidden: before };
  } finally {
    tf.dispose(made);
    counter.dispose();
  }
}
