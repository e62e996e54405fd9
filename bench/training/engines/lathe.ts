/** Lathe: its own backend, fused ops, and a recorded step. */
import { startBackend, type Backend } from '../../../src/engine/backend';
import { dense } from '../../../src/engine/ops/dense';
import { value } from '../../../src/engine/ops/value';
import { tf } from '../../../src/engine/tf';
import { DeviceMeter } from '../../../src/engine/tuning/device-meter';
import { ProductTuner } from '../../../src/engine/tuning/product-tuner';
import { buildModel } from '../../../src/models/model';
import { crossEntropyLoss } from '../../../src/training/losses';
import { createOptimizer } from '../../../src/training/optimizers/registry';
import { TrainStep } from '../../../src/training/train-step';
import { ADAM, factorsOf } from '../workloads';
import type { Engine } from './engine';

/** Mean cross-entropy of rows of logits, in double precision: what the training loop does with a step's outputs. */
function meanLoss(logits: Float32Array, targets: Int32Array): number {
  const classes = logits.length / targets.length;
  let sum = 0;
  targets.forEach((target, row) => {
    const line = logits.subarray(row * classes, (row + 1) * classes);
    let most = -Infinity;
    for (const value of line) most = Math.max(most, value);
    let total = 0;
    for (const value of line) total += Math.exp(value - most);
    sum += most + Math.log(total) - line[target];
  });
  return sum / targets.length;
}

/** Tunes kernels as a run does, which remembers them: on GPUs, over all that the first step asked for. */
async function tunerOf({ webgpu, info }: Backend): Promise<ProductTuner | null> {
  if (!webgpu || info.software) return null;
  return ProductTuner.start({
    choices: webgpu.products,
    target: webgpu.target,
    meter: new DeviceMeter(webgpu),
    memory: { load: () => Promise.resolve({}), save: () => Promise.resolve() },
    budget: Infinity,
  });
}

/** The engine. */
export const lathe: Engine = {
  async prepare({ model: settings, io, batch }) {
    const backend = await startBackend(['webgpu']);
    const tuner = await tunerOf(backend);
    const model = buildModel(settings, io, 1);
    const step = new TrainStep(backend, model, {
      optimizer: createOptimizer({ name: 'adam', ...ADAM }),
      l2: 0,
      clip: null,
      loss: crossEntropyLoss(null),
      accumulates: false,
      onEager: (reason) => {
        throw new Error(`The step could not be recorded. ${reason}`);
      },
    });
    return {
      async step({ inputs, targets }, index) {
        const { outputs } = await step.run([{ n: batch, inputs, targets }], index + 1, index, ADAM.learning_rate);
        if (tuner?.due) {
          await tuner.tune();
          step.recordAgain();
        }
        return meanLoss(outputs[0], targets);
      },
    };
  },

  async prepareProduct({ side, ...workload }) {
    await startBackend(['webgpu']);
    const [a, b] = factorsOf({ side, ...workload }).map((factor) => tf.tensor2d(factor, [side, side]));
    return async () => {
      const first = tf.tidy(() => {
        const { tensor } = dense(value(a, { constant: true }), b, null);
        return tf.slice(tensor, [0, 0], [1, 1]);
      });
      const [number] = await first.data();
      first.dispose();
      return number;
    };
  },
};
