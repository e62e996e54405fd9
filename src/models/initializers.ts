/**
 * Initial weights from Lathe's own seeded streams, so that they are the same on every backend. The initializers are
 * stock ones of tfjs, which is what a saved topology names; only the numbers they give are ours.
 */
import { randomStream } from '../base/random';
import type { Activation } from '../config/activations';
import { tf } from '../engine/tf';
import { sizeOf } from './plan';

type Initializer = ReturnType<typeof tf.initializers.zeros>;

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

function schemeOf(activation: Activation): keyof typeof LIMITS {
  if (activation === 'selu') return 'lecun';
  return activation === 'tanh' || activation === 'sigmoid' || activation === 'linear' ? 'glorot' : 'he';
}

/**
 * Initializer of the kernel of layer `name` before `activation`. A depthwise kernel `[height, width, channels, 1]` has
 * one input a unit.
 */
export function kernelInitializer(seed: number, name: string, activation: Activation, depthwise = false): Initializer {
  const scheme = schemeOf(activation);
  const stock = {
    he: () => tf.initializers.heUniform({ seed }),
    glorot: () => tf.initializers.glorotUniform({ seed }),
    lecun: () => tf.initializers.leCunUniform({ seed }),
  };
  const initializer = stock[scheme]();
  initializer.apply = (shape: number[]) => {
    const { fanIn, fanOut } = fans(depthwise ? [...shape.slice(0, 2), 1, shape[3]] : shape);
    const limit = LIMITS[scheme](fanIn, fanOut);
    const random = randomStream(seed, 'init', name);
    const values = Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.uniform() - 1) * limit);
    return tf.tensor(values, shape);
  };
  return initializer;
}
