import * as v from 'valibot';
import { flag, number, positive } from './field';

const learningRate = (value: number) => v.optional(positive('Step size; the schedule scales it'), value);
const beta1 = v.optional(number('Decay of the running mean of gradients', 0, 0.999999), 0.9);
const beta2 = v.optional(number('Decay of the running mean of squared gradients', 0, 0.999999), 0.999);
const epsilon = v.optional(positive('Keeps the division finite'), 1e-8);

/** Stochastic gradient descent. */
export const sgd = v.strictObject({
  name: v.literal('sgd'),
  learning_rate: learningRate(0.01),
  momentum: v.optional(number('Share of the last update that is kept', 0, 0.999999), 0),
  nesterov: v.optional(flag('Looks ahead along the momentum'), false),
  weight_decay: v.optional(number('Share of each weight removed a step, times the learning rate', 0, 1), 0),
});

/** Adam (Kingma & Ba 2015). */
export const adam = v.strictObject({
  name: v.literal('adam'),
  learning_rate: learningRate(1e-3),
  beta1,
  beta2,
  epsilon,
});

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019). */
export const adamw = v.strictObject({
  name: v.literal('adamw'),
  learning_rate: learningRate(1e-3),
  weight_decay: v.optional(number('Share of each weight removed a step, times the learning rate', 0, 1), 1e-4),
  beta1,
  beta2,
  epsilon,
});

/** Lion (Chen et al. 2023). */
export const lion = v.strictObject({
  name: v.literal('lion'),
  learning_rate: learningRate(1e-4),
  weight_decay: v.optional(number('Share of each weight removed a step, times the learning rate', 0, 1), 1e-3),
  beta1,
  beta2: v.optional(number('Decay of the running mean that the next update starts from', 0, 0.999999), 0.99),
});

/** Settings of every optimizer. To add one: its settings here, its update in `training/optimizers/`. */
export const optimizers = v.variant('name', [sgd, adam, adamw, lion]);

/** The `training.optimizer` section, all defaults filled in. */
export type OptimizerConfig = v.InferOutput<typeof optimizers>;
