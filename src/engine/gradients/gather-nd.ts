import { tf } from '../tf';
import { only } from './attributes';

/** Gradient of `gatherND`: what was gathered goes back to where it came from, and what came twice is added up. */
export const gatherNdGradient: tf.GradConfig = {
  kernelName: tf.GatherNd,
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, [params, indices]) => ({
    params: () => tf.scatterND(indices, only(dy), params.shape),
  }),
};

/** Gradient of `scatterND` with regard to what is scattered. */
export const scatterNdGradient: tf.GradConfig = {
  kernelName: tf.ScatterNd,
  inputsToSave: ['indices', 'updates'],
  gradFunc: (dy, [indices, updates]) => ({
    updates: () => tf.gatherND(only(dy), indices).reshape(updates.shape),
  }),
};
