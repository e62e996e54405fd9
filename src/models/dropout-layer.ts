/**
 * The stock `Dropout` layer with masks from a counter: a saved topology names plain `Dropout`, and the mask of a step is
 * a function of the run's seed, the layer and the step, so that a resumed run repeats it.
 */
import { deriveSeed } from '../base/random';
import { dropout } from '../engine/dropout';
import { tf } from '../engine/tf';

interface Stream {
  seed: number;
  name: string;
  counter: number;
}

const streams = new WeakMap<tf.layers.Layer, Stream>();

/** A dropout layer whose masks belong to `seed` and its own `name`. */
export function dropoutLayer(rate: number, name: string, seed: number): tf.layers.Layer {
  const layer = tf.layers.dropout({ rate, name });
  const stream: Stream = { seed, name, counter: 0 };
  streams.set(layer, stream);
  layer.call = (inputs, kwargs) => {
    const input = Array.isArray(inputs) ? inputs[0] : inputs;
    if (kwargs['training'] !== true || rate === 0) return tf.clone(input);
    return dropout(input, rate, deriveSeed(stream.seed, 'dropout', stream.name, stream.counter));
  };
  return layer;
}

/** Sets which masks the dropout layers of `model` draw next: `counter` numbers the forward passes of training. */
export function setDropoutCounter(model: tf.LayersModel, counter: number): void {
  for (const layer of model.layers) {
    const stream = streams.get(layer);
    if (stream) stream.counter = counter;
  }
}
