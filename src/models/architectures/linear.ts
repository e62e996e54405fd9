import type { LayerEntry } from '../plan';

/** `linear`: nothing but the output layer, which is softmax regression or linear regression. */
export const linearLayers = (): LayerEntry[] => [];
