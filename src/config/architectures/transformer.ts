import * as v from 'valibot';
import { integer, number } from '../field';

/** Settings of `transformer`: a decoder that predicts the next token. */
export const transformer = v.pipe(
  v.strictObject({
    architecture: v.literal('transformer'),
    layers: v.optional(integer('Blocks of attention and dense layers', 1, 96), 2),
    width: v.optional(integer('Numbers that stand for a token', 1, 8192), 64),
    heads: v.optional(integer('Heads of attention; the width is a multiple of them', 1, 128), 4),
    context: v.optional(integer('Tokens that it sees at once', 1, 8192), 64),
    dropout: v.optional(number('Share of features dropped in each block', 0, 0.95), 0),
  }),
  v.description('Decoder transformer: for text and other sequences of tokens'),
);
