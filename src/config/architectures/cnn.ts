import * as v from 'valibot';
import { activation } from '../activations';
import { choice, integer, number } from '../field';
import { stack, widths } from './widths';

/** Settings of `cnn`: blocks of convolution, activation and 2×2 max pooling, then a head. */
export const cnn = v.pipe(
  v.strictObject({
    architecture: v.literal('cnn'),
    filters: v.optional(
      widths(
        'Filters of each convolution block, first to last; or {width, depth}: so many blocks, each with twice as many filters as the last',
        v.pipe(v.array(integer('Filters of one convolution', 1, 4096)), v.minLength(1), v.maxLength(16)),
        stack('the first block', 16, 4096, 1, 16),
      ),
      [16, 32],
    ),
    kernel_size: v.optional(integer('Side of the square convolution kernel, in pixels', 1, 15), 3),
    activation: v.optional(activation('Activation after each convolution'), 'relu'),
    dropout: v.optional(number('Share of features dropped before the output layer', 0, 0.95), 0),
    head: v.optional(choice('How feature maps become a vector', ['flatten', 'global_average'] as const), 'flatten'),
  }),
  v.description('Convolution blocks: for images'),
);
