/** Every loss. To add one: a file here and a line below. */
export { gaussianNegativeLogLikelihood } from './gaussian-negative-log-likelihood';
export { huber } from './huber';
export { meanSquaredError } from './mean-squared-error';
export { softmaxCrossEntropy } from './softmax-cross-entropy';
