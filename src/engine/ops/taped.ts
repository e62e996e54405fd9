/**
 * Ops of our own on tfjs's gradient tape, and where the gradients of parameters are written.
 */
import { tf } from '../tf';
import type { LatheBackend } from '../webgpu-backend';
import { latheBackend } from './lathe-backend';

/** Gradients, one for each input and in their order; made by kernels, not yet known to tfjs. */
export type Backward = (dy: tf.Tensor) => tf.TensorInfo[];

/** Gradients that ops of ours returned: the tape hands each to one op only, which may free it when it has used it. */
const owned = new WeakSet<tf.Tensor>();

/**
 * Puts `output`, computed by kernels of ours, on the tape as a function of `inputs`.
 * @param saved Tensors that `backward` reads, beside the inputs: kept until it has run.
 * @param backward Called at most once, with `∂L/∂output`. It reaches tensors through kernels only: the objects that it
 *   closes over are disposed by then, but their data is kept.
 */
export function taped(inputs: tf.Tensor[], output: tf.TensorInfo, saved: tf.Tensor[], backward: Backward): tf.Tensor {
  const made = tf.engine().makeTensorFromTensorInfo(output);
  if (inputs.length === 0) return made;
  const inLayer = backwardScope();
  const onTape = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args[args.length - 1];
    if (typeof save !== 'function') throw new TypeError('tfjs gave no function to save with.');
    save([...inputs.filter((input) => !(input instanceof tf.Variable)), ...saved]);
    return {
      value: made.clone(),
      gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]): tf.Tensor[] => {
        const gradients = inLayer(() => backward(dy)).map((info) => tf.engine().makeTensorFromTensorInfo(info));
        for (const gradient of gradients) owned.add(gradient);
        // What only this op needed is freed at once, not when the whole backward pass is over.
        if (owned.has(dy)) dy.dispose();
        tf.dispose(kept);
        return gradients;
      },
    };
  });
  const result = onTape(...inputs);
  made.dispose();
  return result;
}

/**
 * Names the dispatches of a backward pass after the layer whose forward pass is under way now: the function that is
 * returned runs what it is given under `LAYER backward`.
 */
export function backwardScope(): <T>(run: () => T) => T {
  const backend = latheBackend();
  const scope = backend?.scope ?? '';
  if (!backend || scope === '') return (run) => run();
  return (run) => backend.named(`${scope} backward`, run);
}

/** Where the gradient of each parameter belongs, while a backward pass is under way. */
let destinations: Map<tf.Tensor, tf.TensorInfo> | null = null;

/**
 * Runs a backward pass in which the gradient of each parameter is written to its place in `places` straight away, once:
 * a parameter that is used twice has its further gradients added by the tape, in tensors of their own.
 */
export function withDestinations<T>(places: Map<tf.Tensor, tf.TensorInfo>, run: () => T): T {
  const before = destinations;
  destinations = new Map(places);
  try {
    return run();
  } finally {
    destinations = before;
  }
}

/** The tensor that the gradient of `parameter` is to be written to by a kernel; all of it must be. */
export function gradientOf(backend: LatheBackend, parameter: tf.Tensor): tf.TensorInfo {
  const place = destinations?.get(parameter);
  if (!place) return backend.allocate(parameter.shape, 'float32', 'gradients');
  destinations?.delete(parameter);
  backend.incRef(place.dataId);
  return { ...place };
}
