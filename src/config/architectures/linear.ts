import * as v from 'valibot';

/** Settings of `linear`: one dense layer, that is softmax or linear regression. */
export const linear = v.pipe(
  v.strictObject({ architecture: v.literal('linear') }),
  v.description('One dense layer: softmax regression, or linear regression'),
);
