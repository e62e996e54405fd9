/** What a model takes and gives, by the preprocessing of its data. */
import type { Preprocessing } from '../../store/schema';

/** What a model of a dataset takes and gives. */
export interface DatasetIo {
  /** Shape of one example: `[features]`, `[height, width, channels]`, or `[context]` tokens. */
  input_shape: number[];
  /** Classes, values predicted, or tokens. */
  outputs: number;
  /** Set where examples are sequences of tokens. */
  tokens?: { vocabulary: number };
}

/** What a model of this preprocessing takes and gives. */
export function describeIo({ input_shape, inputs, classes, target }: Preprocessing): DatasetIo {
  if (inputs.kind === 'text') {
    const vocabulary = inputs.vocabulary.length + 1;
    return { input_shape, outputs: vocabulary, tokens: { vocabulary } };
  }
  return { input_shape, outputs: classes?.length ?? target.length };
}
