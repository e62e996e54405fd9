/**
 * Activation checkpointing (Chen et al., “Training deep nets with sublinear memory cost”, 2016): nothing inside a block is
 * kept for the backward pass, which computes the block again.
 */
import { tf } from '../tf';
import { plain } from './activate';
import { backwardScope } from './taped';
import { value, type Value } from './value';

/**
 * `block(x)`, of which only `x` is kept. The block must compute the same twice (dropout by counter does).
 * @param x A plain value (activation `linear`).
 * @param parameters Every variable that the block reads and that is trained.
 */
export function checkpointed(block: (x: Value) => Value, x: Value, parameters: tf.Variable[]): Value {
  const inLayer = backwardScope();
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const input = args[0];
    const save = args[args.length - 1];
    if (typeof save !== 'function' || typeof input === 'function') {
      throw new TypeError('tfjs gave no function to save with.');
    }
    save([input]);
    return {
      value: plain(block(value(input))),
      gradFunc: (dy: tf.Tensor, [kept]: tf.Tensor[]): tf.Tensor[] => {
        const gradients = tf.grads((again: tf.Tensor) => plain(block(value(again))));
        // tfjs holds one tape at a time: that of the backward pass under way is put aside for the block's own.
        const { state } = tf.engine();
        const outer = state.activeTape;
        try {
          return inLayer(() => gradients([kept, ...parameters], dy));
        } finally {
          state.activeTape = outer;
        }
      },
    };
  });
  return value(run(x.tensor, ...parameters));
}
