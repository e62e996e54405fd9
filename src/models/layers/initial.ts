/**
 * Initial weights from Lathe's own seeded streams, so that they are the same on every backend: a function of the run's
 * seed, the layer's name and the weight's.
 */
import { randomStream } from '../../base/random';
import type { Activation } from '../../config/activations';
import { sizeOf, type PlannedLayer, type PlannedWeight } from '../plan';

/** How many inputs and outputs one unit of a kernel has; a kernel is `[...receptive field, in, out]`. */
function fans(shape: number[]): { fanIn: number; fanOut: number } {
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: field * shape[shape.length - 2], fanOut: field * shape[shape.length - 1] };
}

/** Half-width of the uniform distribution, by what follows the kernel. */
const LIMITS = {
  /** He et al. 2015, for activations that are zero on half their range. */
  he: (fanIn: number) => Math.sqrt(6 / fanIn),
  /** Glorot & Bengio 2010. */
  glorot: (fanIn: number, fanOut: number) => Math.sqrt(6 / (fanIn + fanOut)),
  /** LeCun et al. 1998, which self-normalising networks need. */
  lecun: (fanIn: number) => Math.sqrt(3 / fanIn),
};

/** The scheme that suits the activation behind a kernel. */
export function schemeOf(activation: Activation): keyof typeof LIMITS {
  if (activation === 'selu') return 'lecun';
  return activation === 'tanh' || activation === 'sigmoid' || activation === 'linear' ? 'glorot' : 'he';
}

/** Numbers of the kernel of layer `name`, uniform. A depthwise kernel `[h, w, channels, 1]` has one input a unit. */
function uniformKernel(seed: number, name: string, activation: Activation, shape: number[], depthwise: boolean) {
  const { fanIn, fanOut } = fans(depthwise ? [...shape.slice(0, 2), 1, shape[3]] : shape);
  const limit = LIMITS[schemeOf(activation)](fanIn, fanOut);
  const random = randomStream(seed, 'init', name);
  return Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.uniform() - 1) * limit);
}

/** Normal numbers of deviation 0.02 (times `scale`), none beyond two deviations. */
function truncatedNormal(seed: number, name: string, weight: string, shape: number[], scale = 1): Float32Array {
  const random = randomStream(seed, 'init', name, weight);
  const draw = (): number => {
    const value = random.normal();
    return Math.abs(value) <= 2 ? value : draw();
  };
  return Float32Array.from({ length: sizeOf(shape) }, () => 0.02 * scale * draw());
}

/** Initial numbers of one weight of a layer. */
export function initialValues({ name, settings }: PlannedLayer, weight: PlannedWeight, seed: number): Float32Array {
  const { shape } = weight;
  const constant = (value: number): Float32Array => new Float32Array(sizeOf(shape)).fill(value);
  switch (weight.name) {
    case 'gamma':
    case 'attention_gamma':
    case 'moving_variance':
      return constant(1);
    case 'layer_scale':
      return constant(settings.type === 'convnext_block' ? settings.layer_scale : 1);
    case 'kernel':
      if (settings.type === 'dense' || settings.type === 'conv2d') {
        return uniformKernel(seed, name, settings.activation, shape, false);
      }
      return truncatedNormal(seed, name, weight.name, shape);
    case 'depthwise_kernel':
      if (settings.type === 'depthwise_conv2d') return uniformKernel(seed, name, settings.activation, shape, true);
      return truncatedNormal(seed, name, weight.name, shape);
    case 'attention_kernel':
    case 'project_kernel':
      // Residual branches add up over the blocks: GPT-2 starts them smaller (Radford et al. 2019).
      return truncatedNormal(
        seed,
        name,
        weight.name,
        shape,
        settings.type === 'transformer_block' ? settings.residual_scale : 1,
      );
    case 'tokens':
    case 'positions':
    case 'qkv_kernel':
    case 'expand_kernel':
      return truncatedNormal(seed, name, weight.name, shape);
    default:
      return constant(0);
  }
}
