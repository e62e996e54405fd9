import * as v from 'valibot';
import { activation } from '../activations';
import { integer, number } from '../field';
import { stack, widths } from './widths';

/** Settings of `mlp`: dense layers with an activation and dropout between them. */
export const mlp = v.pipe(
  v.strictObject({
    architecture: v.literal('mlp'),
    hidden: v.optional(
      widths(
        'Units of each hidden layer, first to last; or {width, depth}: so many layers of one width',
        v.pipe(v.array(integer('Units of one hidden layer', 1, 65536)), v.maxLength(64)),
        stack('every hidden layer', 128, 65536, 0, 64),
      ),
      [256, 128],
    ),
    activation: v.optional(activation('Activation after each hidden layer'), 'relu'),
    dropout: v.optional(number('Share of hidden units dropped in each training step', 0, 0.95), 0),
  }),
  v.description('Dense layers: for tables and small images'),
);
