/** Where a number stopped being one: a step whose loss or gradient is not finite is run again, layer by layer. */
import type { Batch } from '../data/contract';
import type { Storage } from '../engine/kernel';
import { latheBackend } from '../engine/ops/lathe-backend';
import { PassCounter } from '../engine/pass-counter';
import { tf } from '../engine/tf';
import type { Model } from '../models/model';

/**
 * A clause that names the first place in the forward pass of `batch` that holds NaN or infinity: its own inputs, or the
 * output of a layer. When the forward pass is sound, the gradient is to blame.
 * @param pass Number of the forward pass, which dropout goes by.
 * @param storage How the step stores what layers give: halves end at 65,504.
 */
export async function nonFinitePlace(
  model: Model,
  batch: Batch,
  pass: number,
  storage: Storage = 'float32',
): Promise<string> {
  const perExample = batch.inputs.length / batch.n;
  const bad = batch.inputs.findIndex((input) => !Number.isFinite(input));
  if (bad >= 0) {
    return `the batch itself holds ${batch.inputs[bad]}, in its example ${Math.floor(bad / perExample) + 1} of ${batch.n}`;
  }
  const counter = new PassCounter();
  counter.set(pass);
  const outputs: { layer: string; tensor: tf.Tensor }[] = [];
  const backend = latheBackend();
  if (backend) backend.activationStorage = storage;
  try {
    tf.tidy(() => {
      const shape = [batch.n, ...model.io.input_shape];
      const inputs = model.io.tokens
        ? tf.tensor(Int32Array.from(batch.inputs), shape, 'int32')
        : tf.tensor(batch.inputs, shape);
      model.forward(inputs, {
        training: true,
        counter,
        watch: (layer, { tensor }) => outputs.push({ layer, tensor: tf.keep(tensor.clone()) }),
      });
    });
    if (backend) backend.activationStorage = 'float32';
    for (const { layer, tensor } of outputs) {
      const values = await tensor.data<'float32'>();
      const value = values.find((number) => !Number.isFinite(number));
      if (value !== undefined) return `the first layer whose output is not finite is ${layer} (it gives ${value})`;
    }
    return 'the outputs of all layers are finite, so it arose in the gradient';
  } finally {
    if (backend) backend.activationStorage = 'float32';
    for (const { tensor } of outputs) tensor.dispose();
    counter.dispose();
  }
}
