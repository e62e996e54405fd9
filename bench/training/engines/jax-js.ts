/**
 * jax-js: the whole step, gradients and Adam included, in one `jit`. Its convolutions want channels first: images and
 * filters are laid out so before they are uploaded, and transposes inside the step are views that its compiler folds into
 * the kernels. Every array is owned: a parameter is used once, what is used again is taken as `.ref`.
 */
import { init, jit, lax, nn, numpy as np, valueAndGrad, defaultDevice } from '@jax-js/jax';
import type { PlannedLayer } from '../../../src/models/plan';
import { ADAM, factorsOf, initialModel } from '../workloads';
import type { Engine } from './engine';

type Parameters = Record<string, np.Array>;

/** `[height, width, in, out]` → `[out, in, height, width]`; the filters of a depthwise layer become `[channels, 1, …]`. */
function channelsFirst(values: Float32Array, [h, w, i, o]: number[], depthwise: boolean): [Float32Array, number[]] {
  const result = new Float32Array(values.length);
  const [outs, ins] = depthwise ? [i, 1] : [o, i];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      for (let a = 0; a < i; a++) {
        for (let b = 0; b < o; b++) {
          const [out, inner] = depthwise ? [a, 0] : [b, a];
          result[((out * ins + inner) * h + y) * w + x] = values[((y * w + x) * i + a) * o + b];
        }
      }
    }
  }
  return [result, [outs, ins, h, w]];
}

function layerNorm(x: np.Array, gamma: np.Array, beta: np.Array, epsilon: number): np.Array {
  const mean = np.mean(x.ref, -1, { keepdims: true });
  const centred = x.sub(mean);
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(epsilon)))
    .mul(gamma)
    .add(beta);
}

const gelu = (x: np.Array): np.Array => nn.gelu(x, { approximate: false });
const toChannelsFirst = (x: np.Array): np.Array => np.transpose(x, [0, 3, 1, 2]);
const toChannelsLast = (x: np.Array): np.Array => np.transpose(x, [0, 2, 3, 1]);

/** One layer; images are `[batch, height, width, channels]` between layers. */
function forward({ name, settings }: PlannedLayer, x: np.Array, p: Parameters): np.Array {
  const w = (key: string): np.Array => p[`${name}/${key}`];
  const affine = (input: np.Array, kernel: string, bias: string): np.Array => np.matmul(input, w(kernel)).add(w(bias));
  switch (settings.type) {
    case 'dense': {
      const product = np.matmul(x, w('kernel'));
      const biased = settings.use_bias ? product.add(w('bias')) : product;
      return settings.activation === 'relu' ? nn.relu(biased) : biased;
    }
    case 'conv2d': {
      const product = lax.conv(toChannelsFirst(x), w('kernel'), [1, 1], 'SAME');
      return nn.relu(toChannelsLast(product).add(w('bias')));
    }
    case 'patchify': {
      // Patches do not overlap: a product of matrices is faster here than a convolution with strides, and compiles.
      const { patch } = settings;
      const [batch, height, width, channels] = x.shape;
      const cut = np.reshape(x, [batch, height / patch, patch, width / patch, patch, channels]);
      const patches = np.transpose(cut, [0, 1, 3, 2, 4, 5]);
      const rows = np.reshape(patches, [batch, height / patch, width / patch, patch * patch * channels]);
      return affine(rows, 'kernel', 'bias');
    }
    case 'max_pooling2d': {
      const [batch, height, width, channels] = x.shape;
      // The windows do not overlap: a maximum over two axes is faster here than reduceWindow.
      return np.max(np.reshape(x, [batch, height / 2, 2, width / 2, 2, channels]), [2, 4]);
    }
    case 'global_average_pooling2d':
      return np.mean(x, [1, 2]);
    case 'flatten':
      return np.reshape(x, [x.shape[0], -1]);
    case 'final_normalization':
      return layerNorm(x, w('gamma'), w('beta'), settings.epsilon);
    case 'convnext_block': {
      const channels = x.shape[3];
      const filter = w('depthwise_kernel');
      const mixed = lax.convGeneralDilated(toChannelsFirst(x.ref), filter, [1, 1], 'SAME', {
        featureGroupCount: channels,
      });
      const normal = layerNorm(toChannelsLast(mixed).add(w('depthwise_bias')), w('gamma'), w('beta'), 1e-6);
      const wide = gelu(affine(normal, 'expand_kernel', 'expand_bias'));
      return x.add(affine(wide, 'project_kernel', 'project_bias').mul(w('layer_scale')));
    }
    case 'token_embedding': {
      const hot = nn.oneHot(x, settings.vocabulary);
      return np.matmul(hot, w('tokens')).add(w('positions'));
    }
    case 'transformer_block': {
      const [batch, time, width] = x.shape;
      const { heads } = settings;
      const first = layerNorm(x.ref, w('attention_gamma'), w('attention_beta'), 1e-5);
      const qkv = np.reshape(affine(first, 'qkv_kernel', 'qkv_bias'), [batch, time, 3, heads, width / heads]);
      const [q, k, v] = [qkv.ref, qkv.ref, qkv].map((all, i) => all.slice([], [], i));
      const seen = np.reshape(nn.dotProductAttention(q, k, v, { isCausal: true }), [batch, time, width]);
      const attended = x.add(affine(seen, 'attention_kernel', 'attention_bias'));
      const second = layerNorm(attended.ref, w('gamma'), w('beta'), 1e-5);
      const wide = gelu(affine(second, 'expand_kernel', 'expand_bias'));
      return attended.add(affine(wide, 'project_kernel', 'project_bias'));
    }
    default:
      throw new Error(`The jax-js benchmark does not know layers of the type ${settings.type}.`);
  }
}

/** The engine. */
export const jaxJs: Engine = {
  async prepare(workload) {
    await start();
    const { io, batch } = workload;
    const { plan, weights } = initialModel(workload);
    const [parameters, first, second]: [Parameters, Parameters, Parameters] = [{}, {}, {}];
    for (const layer of plan) {
      for (const { name, shape } of layer.weights) {
        const key = `${layer.name}/${name}`;
        const values = weights.get(key) ?? new Float32Array(0);
        const filter = shape.length === 4;
        const [laid, sides] =
          layer.settings.type === 'patchify' && filter
            ? [values, [shape[0] * shape[1] * shape[2], shape[3]]]
            : filter
              ? channelsFirst(values, shape, name === 'depthwise_kernel')
              : [values, shape];
        parameters[key] = np.array(Float32Array.from(laid)).reshape(sides);
        first[key] = np.zeros(sides);
        second[key] = np.zeros(sides);
      }
    }
    const loss = (p: Parameters, x: np.Array, targets: np.Array): np.Array => {
      const outputs = plan.reduce((value, layer) => forward(layer, value, p), x);
      const logits = np.reshape(outputs, [-1, io.outputs]);
      const picked = nn.logSoftmax(logits, -1).mul(nn.oneHot(targets, io.outputs));
      return np.mean(np.sum(picked, -1)).mul(-1);
    };
    const { learning_rate: rate, beta1, beta2, epsilon } = ADAM;
    const step = jit(
      (p: Parameters, m: Parameters, v: Parameters, x: np.Array, targets: np.Array, corrections: np.Array) => {
        // The gradient takes the parameters, and so does the update.
        const copies = Object.fromEntries(Object.entries(p).map(([key, value]) => [key, value.ref]));
        const [value, gradients] = valueAndGrad(loss)(copies, x, targets);
        const [next, nextM, nextV]: [Parameters, Parameters, Parameters] = [{}, {}, {}];
        const keys = Object.keys(p);
        const c1 = corrections.ref.slice(0);
        const c2 = corrections.slice(1);
        for (const key of keys) {
          const g = gradients[key];
          const mean = m[key].mul(beta1).add(g.ref.mul(1 - beta1));
          const square = v[key].mul(beta2).add(np.square(g).mul(1 - beta2));
          const denominator = np.sqrt(square.ref.div(c2.ref)).add(epsilon);
          next[key] = p[key].sub(mean.ref.div(c1.ref).div(denominator).mul(rate));
          nextM[key] = mean;
          nextV[key] = square;
        }
        c1.dispose();
        c2.dispose();
        return [value, next, nextM, nextV] as [np.Array, Parameters, Parameters, Parameters];
      },
    );
    let state: [Parameters, Parameters, Parameters] = [parameters, first, second];
    return {
      async step({ inputs, targets }, index) {
        const shape = [batch, ...io.input_shape];
        const x = io.tokens
          ? np.array(Int32Array.from(inputs)).reshape(shape)
          : np.array(Float32Array.from(inputs)).reshape(shape);
        const corrections = np.array(Float32Array.of(1 - beta1 ** (index + 1), 1 - beta2 ** (index + 1)));
        const [value, ...rest] = step(...state, x, np.array(Int32Array.from(targets)), corrections);
        state = rest;
        const [number] = await value.data();
        return number;
      },
    };
  },

  async prepareProduct({ side, ...workload }) {
    await start();
    const [a, b] = factorsOf({ side, ...workload }).map((factor) =>
      np.array(Float32Array.from(factor)).reshape([side, side]),
    );
    const multiply = jit((x: np.Array, y: np.Array) => np.matmul(x, y));
    return async () => {
      const [number] = await multiply(a.ref, b.ref).slice(0, [0, 1]).data();
      return number;
    };
  },
};

async function start(): Promise<void> {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js found no WebGPU adapter.');
  defaultDevice('webgpu');
}
