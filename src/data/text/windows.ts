/**
 * A text in windows: window `k` shows the characters `k · context …` and asks for the one after each. Windows do not
 * overlap, so that an epoch asks for every character once. What is held out stands at the end of the text, in one piece a
 * split: neighbours in a text are no independent examples, and shuffled windows would give away what comes between them.
 */
import { LatheError } from '../../base/errors';
import { limitExamples } from '../limit';
import type { Splits } from '../split';

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
  /** Windows of training and validation that are used at most. */
  limit: number | null;
  seed: number;
}

/** The windows of each split, and where the training part ends. */
export interface SplitWindows {
  splits: Splits;
  /** Characters of the training part, whatever the limit leaves of it. */
  training: number;
}

/**
 * Splits the windows of a text, the training part first, then validation, then test.
 * @throws LatheError of kind `config` when the shares leave nothing to train on, `data` when the text is too short.
 */
export function splitWindows(request: WindowRequest): SplitWindows {
  const { characters, context, validation, test, limit, seed } = request;
  if (validation + test >= 1) {
    throw new LatheError(
      'config',
      `data.split: validation ${validation} and test ${test} together leave nothing to train on. Make them sum to less than 1.`,
      { key: 'data.split' },
    );
  }
  const count = windowCount(characters, context);
  const testing = Math.round(count * test);
  const held = Math.round(count * validation);
  const training = count - testing - held;
  if (training < 1) {
    throw new LatheError(
      'data',
      `The text has ${characters.toLocaleString('en')} characters, too few for windows of ${context} to train on and hold some back. Add text, or lower model.context.`,
      { key: 'model.context' },
    );
  }
  const range = (from: number, to: number): Uint32Array => Uint32Array.from({ length: to - from }, (_, i) => from + i);
  const strata = Int32Array.from({ length: training + held }, (_, i) => (i < training ? 0 : 1));
  const used = limitExamples(range(0, training + held), limit, strata, seed);
  return {
    splits: {
      train: used.filter((window) => window < training),
      validation: used.filter((window) => window >= training),
      test: range(training + held, count),
    },
    training: Math.min(characters, training * context),
  };
}
