/** Gradients that tfjs lacks, on every backend. To add one: a file here and a line below. */
import { tf } from '../tf';
import { cropAndResizeGradient } from './crop-and-resize';
import { conv2dGradient, depthwiseConv2dGradient } from './dilated-convolution';
import { einsumGradient } from './einsum';
import { gatherNdGradient, scatterNdGradient } from './gather-nd';
import { splitGradients } from './split';
import { stridedSliceGradient } from './strided-slice';
import { topKGradient } from './top-k';

const GRADIENTS: tf.GradConfig[] = [
  conv2dGradient,
  cropAndResizeGradient,
  depthwiseConv2dGradient,
  einsumGradient,
  gatherNdGradient,
  scatterNdGradient,
  ...splitGradients,
  stridedSliceGradient,
  topKGradient,
];

/** Registers the gradients. */
export function registerGradients(): void {
  for (const gradient of GRADIENTS) tf.registerGradient(gradient);
}
