/** A model as it trains: its weights as variables, and its forward pass in ops that every backend runs. */
import type { ModelConfig } from '../config/architectures/registry';
import { latheBackend } from '../engine/ops/lathe-backend';
import { value, type Value } from '../engine/ops/value';
import type { PassCounter } from '../engine/pass-counter';
import { tf } from '../engine/tf';
import { forwardLayer } from './layers/forward';
import { initialValues } from './layers/initial';
import { planModel, type ModelIo, type PlannedLayer } from './plan';

/** What a forward pass goes by. */
export interface Pass {
  /** Dropout drops, and batch normalisation goes by the batch. */
  training: boolean;
  counter: PassCounter;
  /** Recompute what stands inside blocks in the backward pass instead of keeping it. */
  recompute?: boolean;
  /** Called with the output of each layer, for whoever looks for something. */
  watch?: (layer: string, output: Value) => void;
}

/** One weight of a model. */
export interface ModelWeight {
  /** `layer/weight`, the same in every process; what a saved tfjs model calls it. */
  name: string;
  shape: number[];
  trainable: boolean;
  variable: tf.Variable;
}

/** A model on the backend that runs. */
export interface Model {
  readonly io: ModelIo;
  /** In the order of the layers. */
  readonly weights: ModelWeight[];
  /**
   * @param inputs `[n, ...input_shape] float32`; of a language model `[n, time] int32`.
   * @returns `[n, outputs] float32`, logits or raw values; of a language model `[n · time, outputs]`.
   */
  forward(inputs: tf.Tensor, pass: Pass): Value;
  dispose(): void;
}

/**
 * The model that `settings` describe, its weights initialised from `seed`.
 * @throws LatheError of kind `config` naming the layer whose input does not fit.
 */
export function buildModel(settings: ModelConfig, io: ModelIo, seed: number): Model {
  const layers = planModel(settings, io).map((layer) => makeLayer(layer, seed));
  const weights = layers.flatMap((layer) => layer.weights);
  return {
    io,
    weights,
    forward(inputs, pass) {
      const backend = latheBackend();
      let current = value(inputs, { constant: true });
      for (const { plan, variables } of layers) {
        const run = (): Value => forwardLayer(plan, current, variables, { ...pass, seed });
        current = backend ? backend.named(plan.name, run) : run();
        pass.watch?.(plan.name, current);
      }
      const { tensor } = current;
      return { ...current, tensor: tf.reshape(tensor, [-1, io.outputs]) };
    },
    dispose() {
      for (const { variable } of weights) variable.dispose();
    },
  };
}

interface BuiltLayer {
  plan: PlannedLayer;
  weights: ModelWeight[];
  /** By the name of the weight within its layer. */
  variables: Map<string, tf.Variable>;
}

function makeLayer(plan: PlannedLayer, seed: number): BuiltLayer {
  const variables = new Map<string, tf.Variable>();
  const weights = plan.weights.map((weight) => {
    const initial = tf.tensor(initialValues(plan, weight, seed), weight.shape);
    // Names of tfjs variables are its own affair: models of one process would collide.
    const variable = tf.variable(initial, weight.trainable);
    initial.dispose();
    variables.set(weight.name, variable);
    const { shape, trainable } = weight;
    return { name: `${plan.name}/${weight.name}`, shape, trainable, variable };
  });
  return { plan, weights, variables };
}
