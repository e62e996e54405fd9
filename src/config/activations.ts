import { choice } from './field';

/** The activations that layers may name; each is one that tfjs layers know by the same name. */
export const ACTIVATIONS = ['relu', 'gelu', 'swish', 'elu', 'selu', 'tanh', 'sigmoid', 'softplus', 'linear'] as const;

/** Name of an activation. */
export type Activation = (typeof ACTIVATIONS)[number];

/** A setting that names an activation. */
export const activation = (description: string) => choice(description, ACTIVATIONS);
