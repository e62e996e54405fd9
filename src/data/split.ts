/**
 * Which examples train, which choose the checkpoint, which give the final score. A function of the seed, the shares and
 * the strata alone.
 */
import { LatheError } from '../base/errors';
import { randomStream, shuffle } from '../base/random';

/** What to split. */
export interface SplitRequest {
  /** Number of examples; their indices are 0 … examples - 1. */
  examples: number;
  /** Class of each example, whose balance is kept in every split; null: no strata. Negative: no class. */
  strata: Int32Array | null;
  /** 1 where the source itself sets the example aside for testing; then no other is taken. Null: it sets none aside. */
  sourceTest: Uint8Array | null;
  /** Share of the examples (of those outside the source's own test split) held back. */
  validation: number;
  /** Share of the examples held back for testing, where the source has no test split. */
  test: number;
  /** Holds back one fold of what is not tested, in place of `validation`. */
  fold: Fold | null;
  seed: number;
}

/** One of several parts of the examples, as even as can be: each is held back once. */
export interface Fold {
  /** From 0. */
  index: number;
  of: number;
}

/** Indices of each split, ascending. */
export interface Splits {
  train: Uint32Array;
  validation: Uint32Array;
  test: Uint32Array;
}

/**
 * Splits examples. In every stratum the shares are kept as closely as whole examples allow, and at least one example of
 * it stays in the training split. Folds differ by one example at most, in every stratum too; the test split is the same for
 * all of them, and the one that there is without folds.
 * @throws LatheError of kind `config` when the shares leave nothing to train on, or there are more folds than examples.
 */
export function splitExamples(request: SplitRequest): Splits {
  const { examples, sourceTest, fold, seed } = request;
  const hasSourceTest = sourceTest !== null && sourceTest.includes(1);
  const test = hasSourceTest ? 0 : request.test;
  const validation = fold ? 0 : request.validation;
  if (validation + test >= 1) {
    throw new LatheError(
      'config',
      `data.split: validation ${validation} and test ${test} together leave nothing to train on. Make them sum to less than 1.`,
      { key: 'data.split' },
    );
  }
  const pool: number[] = [];
  const testing: number[] = [];
  for (let i = 0; i < examples; i++) (hasSourceTest && sourceTest[i] === 1 ? testing : pool).push(i);

  const random = randomStream(seed, 'split');
  const groups = groupByStratum(pool, request.strata);
  for (const group of groups) shuffle(group, random);
  const sizes = groups.map((group) => group.length);
  const testCounts = allot(sizes, test, sizes);
  const left = sizes.map((size, i) => size - testCounts[i]);
  const validationCounts = allot(sizes, validation, left);

  const train: number[] = [];
  const held: number[] = [];
  if (fold) checkFold(fold, left);
  // Examples are dealt to the folds one by one, the strata after each other, so that all folds are as large as each other.
  let dealt = 0;
  groups.forEach((group, i) => {
    const [a, b] = [testCounts[i], testCounts[i] + validationCounts[i]];
    group.forEach((index, k) => {
      const validates = fold ? k >= a && dealt++ % fold.of === fold.index : k < b;
      (k < a ? testing : validates ? held : train).push(index);
    });
  });
  if (train.length === 0) {
    throw new LatheError(
      'data',
      `There are ${examples} examples, too few to train on and hold some back. Add examples.`,
    );
  }
  return { train: ascending(train), validation: ascending(held), test: ascending(testing) };
}

/** @throws LatheError of kind `config` when a fold would be empty. */
function checkFold({ of }: Fold, left: number[]): void {
  const count = left.reduce((sum, size) => sum + size, 0);
  if (count >= of) return;
  throw new LatheError(
    'config',
    `data.split.fold: there are ${of} folds, but only ${count} examples beside the test split. Use fewer folds, or add examples.`,
    { key: 'data.split.fold.of' },
  );
}

/** Groups of `pool` by stratum, in the order of the strata; one group without strata. */
export function groupByStratum(pool: ArrayLike<number>, strata: Int32Array | null): Uint32Array[] {
  if (!strata) return [Uint32Array.from(pool)];
  const groups = new Map<number, number[]>();
  for (let i = 0; i < pool.length; i++) {
    const group = groups.get(strata[pool[i]]);
    if (group) group.push(pool[i]);
    else groups.set(strata[pool[i]], [pool[i]]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => Uint32Array.from(group));
}

/**
 * How many of each group make `share` of all, by largest remainder (Hamilton's method): the total is the rounded share of
 * all, each group is within one of its own. No group gives its last `available` example.
 */
export function allot(sizes: number[], share: number, available: number[]): number[] {
  const total = Math.round(sizes.reduce((sum, size) => sum + size, 0) * share);
  const ideal = sizes.map((size) => size * share);
  const room = available.map((n) => Math.max(0, n - 1));
  const counts = ideal.map((value, i) => Math.min(Math.floor(value), room[i]));
  const order = ideal
    .map((value, i) => ({ i, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || sizes[b.i] - sizes[a.i] || a.i - b.i);
  let missing = total - counts.reduce((sum, count) => sum + count, 0);
  for (const { i } of order) {
    if (missing <= 0) break;
    if (counts[i] < room[i]) {
      counts[i]++;
      missing--;
    }
  }
  return counts;
}

const ascending = (indices: number[]): Uint32Array => Uint32Array.from(indices).sort();
