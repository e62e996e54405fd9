/** What a model says of one example: its outputs turned back into labels, and into values of the target's own unit. */
import type { Preprocessing } from '../store/schema';
import { argMax, logSumExp } from './metrics/classification';

/** What a model says of an example, and what the data says. */
export interface Predicted {
  /** The likeliest label, or of a language model the likeliest character after the example. */
  label?: string;
  /** Probability by label, all labels, in the order of the classes; of a language model of the ten likeliest characters. */
  probabilities?: Record<string, number>;
  /** Regression: the values by target, in their own unit. */
  values?: Record<string, number>;
  /** What the data says, where it says something. */
  actual?: string | Record<string, number>;
}

type Row = Float32Array | Int32Array;

/** @param logits one per class; `target` is one class index, -1 where unlabelled. */
function describeClass({ classes }: Preprocessing, logits: Float32Array, target: Row): Predicted {
  const labels = classes ?? [];
  const total = logSumExp(logits);
  const actual = labels[target[0]];
  return {
    label: labels[argMax(logits)],
    probabilities: Object.fromEntries(labels.map((label, i) => [label, Math.exp(logits[i] - total)])),
    ...(actual === undefined ? {} : { actual }),
  };
}

/** @param outputs one standardised value per target; `target` likewise, NaN where unlabelled. */
function describeValues({ target: names, target_scale }: Preprocessing, outputs: Float32Array, target: Row): Predicted {
  const unscale = (value: number, i: number): number =>
    target_scale ? value * target_scale.std[i] + target_scale.mean[i] : value;
  const known = names.flatMap((name, i): [string, number][] =>
    i < target.length && !Number.isNaN(target[i]) ? [[name, unscale(target[i], i)]] : [],
  );
  return {
    values: Object.fromEntries(names.map((name, i) => [name, unscale(outputs[i], i)])),
    ...(known.length > 0 ? { actual: Object.fromEntries(known) } : {}),
  };
}

/** Characters whose probability is told. */
const LIKELIEST = 10;

/**
 * What comes after the last character of a window.
 * @param logits `[context, tokens]`; `target` has the token after each place, -1 past the end of the text.
 */
function describeNext({ inputs }: Preprocessing, logits: Float32Array, target: Row): Predicted {
  const vocabulary = inputs.kind === 'text' ? inputs.vocabulary : [];
  const outputs = vocabulary.length + 1;
  const last = Math.max(
    0,
    target.findLastIndex((token) => token >= 0),
  );
  const row = logits.subarray(last * outputs, (last + 1) * outputs);
  const total = logSumExp(row);
  // Token 0 is no character: what comes is one that the model knows.
  const ranked = Array.from(vocabulary, (character, i) => ({ character, logit: row[i + 1] }));
  const likeliest = ranked.sort((a, b) => b.logit - a.logit).slice(0, LIKELIEST);
  const actual = vocabulary[target[last] - 1];
  return {
    label: likeliest[0].character,
    probabilities: Object.fromEntries(likeliest.map(({ character, logit }) => [character, Math.exp(logit - total)])),
    ...(actual === undefined ? {} : { actual }),
  };
}

const DESCRIBE = { classification: describeClass, regression: describeValues, language_model: describeNext };

/**
 * What the outputs of one example say.
 * @param outputs Those of the example alone: `[outputs]`, of a language model `[context, outputs]`.
 * @param target What `Batch.targets` holds of it.
 */
export const describeOutput = (preprocessing: Preprocessing, outputs: Float32Array, target: Row): Predicted =>
  DESCRIBE[preprocessing.task](preprocessing, outputs, target);
