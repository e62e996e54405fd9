/**
 * A text in windows: window `k` shows the characters `k · context …` and asks for the one after each. Windows do not
 * overlap, so that an epoch asks for every character once. What is held out stands at the end of the text, in one piece a
 * split: neighbours in a text are no independent examples, and shuffled windows would give away what comes between them.
 * Folds are such pieces too.
 */
import { LatheError } from '../../base/errors';
import { limitExamples } from '../limit';
import type { Fold, Splits } from '../split';

/** Windows of a text of `characters`, the last of which may be partly empty. */
export const windowCount = (characters: number, context: number): number =>
  Math.max(0, Math.ceil((characters - 1) / context));

/** How a text is to be split. */
export interface WindowRequest {
  characters: number;
  context: number;
  /** Share of the windows held back. */
  validation: number;
  test: number;
  /** Holds back one of as many equal pieces of what is not tested, in place of `validation`. */
  fold: Fold | null;
  /** Windows of training and validation that are used at most. */
  limit: number | null;
  seed: number;
}

/** A part of a text: characters from the first up to the second, which it does not hold. */
export type TextPart = [from: number, to: number];

/** The windows of each split, and the training part. */
export interface SplitWindows {
  splits: Splits;
  /** Pieces of the training part, whatever the limit leaves of it: one, or two with a fold between them. */
  training: TextPart[];
}

/**
 * Splits the windows of a text: the training part first, then validation, then test. A fold for validation stands where it
 * is among the folds, training around it.
 * @throws LatheError of kind `config` when the shares leave nothing to train on, `data` when the text is too short.
 */
export function splitWindows(request: WindowRequest): SplitWindows {
  const { characters, context, test, fold, limit, seed } = request;
  const validation = fold ? 0 : request.validation;
  if (validation + test >= 1) {
    throw new LatheError(
      'config',
      `data.split: validation ${validation} and test ${test} together leave nothing to train on. Make them sum to less than 1.`,
      { key: 'data.split' },
    );
  }
  const count = windowCount(characters, context);
  const pool = count - Math.round(count * test);
  const [from, to] = fold
    ? [Math.floor((fold.index * pool) / fold.of), Math.floor(((fold.index + 1) * pool) / fold.of)]
    : [pool - Math.round(count * validation), pool];
  const held = to - from;
  if (pool - held < 1 || (fold && pool < fold.of)) {
    throw new LatheError(
      'data',
      `The text has ${characters.toLocaleString('en')} characters, too few for windows of ${context} to train on and hold some back. Add text, or lower model.context.`,
      { key: 'model.context' },
    );
  }
  const validates = (window: number): boolean => window >= from && window < to;
  const range = (start: number, end: number): Uint32Array =>
    Uint32Array.from({ length: end - start }, (_, i) => start + i);
  const strata = Int32Array.from({ length: pool }, (_, window) => (validates(window) ? 1 : 0));
  const used = limitExamples(range(0, pool), limit, strata, seed);
  const pieces: TextPart[] = [
    [0, from],
    [to, pool],
  ];
  return {
    splits: {
      train: used.filter((window) => !validates(window)),
      validation: used.filter(validates),
      test: range(pool, count),
    },
    training: pieces
      .filter(([start, end]) => end > start)
      .map(([start, end]) => [start * context, Math.min(characters, end * context)]),
  };
}
