/** One update of the weights: forward, backward, clip, optimizer, with nothing read back before it is asked for. */
import type { Arena } from '../engine/arena';
import { createArena } from '../engine/arena';
import type { Backend } from '../engine/backend';
import { tf } from '../engine/tf';
import type { Batch } from '../data/contract';
import { setDropoutCounter } from '../models/dropout-layer';
import { forward } from '../models/predictor';
import type { ModelIo } from '../models/plan';
import { modelWeights } from '../models/weights';
import { l2Penalty, type LossTargets } from './losses';
import type { Optimizer } from './optimizers/optimizer';

/** What does not change from step to step. */
export interface TrainStepOptions {
  optimizer: Optimizer;
  /** Factor of the L2 penalty; 0: none. */
  l2: number;
  /** Largest global norm of the gradient; null: as it is. */
  clip: number | null;
  /** Loss of one batch; `share` is its part of the step. */
  loss: (batch: Batch, share: number) => LossTargets;
}

/** What a step gives, once the device is done with it. */
export interface StepResult {
  /** Global norm of the gradient before clipping. */
  gradientNorm: number;
  /** Outputs of each batch of the step, `[n, outputs]`, as they were before the update. */
  outputs: Float32Array[];
}

/** Steps of one model. */
export class TrainStep {
  readonly arena: Arena;
  readonly #model: tf.LayersModel;
  readonly #io: ModelIo;
  readonly #options: TrainStepOptions;
  readonly #variables: tf.Variable[];

  constructor(backend: Backend, model: tf.LayersModel, io: ModelIo, options: TrainStepOptions) {
    this.#model = model;
    this.#io = io;
    this.#options = options;
    this.#variables = modelWeights(model)
      .filter((weight) => weight.trainable)
      .map((weight) => weight.variable);
    this.arena = createArena(backend, this.#variables, options.optimizer);
  }

  /**
   * Queues one update over `batches`, whose gradients are averaged by their sizes.
   * @param step Counts updates from 1.
   * @param passes Forward passes of training before this step; each batch is one.
   */
  run(batches: Batch[], step: number, passes: number, learningRate: number): Promise<StepResult> {
    const examples = batches.reduce((sum, batch) => sum + batch.n, 0);
    const outputs = batches.map((batch, i) => this.#accumulate(batch, batch.n / examples, passes + i));
    const { optimizer, clip } = this.#options;
    const norm = this.arena.apply(optimizer.scalarsAt(step, learningRate), clip);
    return Promise.all([norm, Promise.all(outputs.map(readAndDispose))]).then(([gradientNorm, read]) => ({
      gradientNorm,
      outputs: read,
    }));
  }

  dispose(): void {
    this.arena.dispose();
  }

  /** Adds the gradient of one batch to the step's; returns the model's outputs, to be disposed. */
  #accumulate(batch: Batch, share: number, pass: number): tf.Tensor2D {
    setDropoutCounter(this.#model, pass);
    const targets = this.#options.loss(batch, share);
    const inputs = tf.tensor(batch.inputs, [batch.n, ...this.#io.input_shape]);
    let kept: tf.Tensor2D | null = null;
    const { value, grads } = tf.variableGrads(() => {
      const outputs = forward(this.#model, inputs, true);
      kept = tf.keep(outputs);
      const loss = targets.attach(outputs);
      return this.#options.l2 > 0
        ? tf.add<tf.Scalar>(loss, l2Penalty(this.#variables, this.#options.l2 * share))
        : loss;
    }, this.#variables);
    this.arena.accumulate(this.#variables.map((variable) => grads[variable.name]));
    tf.dispose([value, inputs, ...Object.values(grads)]);
    targets.dispose();
    // TypeScript does not see that the function above has run.
    const outputs = kept as tf.Tensor2D | null;
    if (!outputs) throw new TypeError('The forward pass did not run.');
    return outputs;
  }
}

async function readAndDispose(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return await tensor.data<'float32'>();
  } finally {
    tensor.dispose();
  }
}
