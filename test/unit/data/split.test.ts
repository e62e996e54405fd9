import { describe, expect, it } from 'vitest';
import { allot, splitExamples, type SplitRequest } from '../../../src/data/split';
import { failure } from './helpers';

const request = (change: Partial<SplitRequest> = {}): SplitRequest => ({
  examples: 100,
  strata: null,
  sourceTest: null,
  validation: 0.1,
  test: 0.2,
  fold: null,
  seed: 1,
  ...change,
});

const all = ({ train, validation, test }: ReturnType<typeof splitExamples>): number[] =>
  [...train, ...validation, ...test].sort((a, b) => a - b);

describe('a split', () => {
  it('gives every example to exactly one part, in the shares asked for', () => {
    const split = splitExamples(request());
    expect(all(split)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([70, 10, 20]);
    expect([...split.test]).toEqual([...split.test].sort((a, b) => a - b));
  });

  it('is a function of the seed', () => {
    expect(splitExamples(request())).toEqual(splitExamples(request()));
    expect(splitExamples(request({ seed: 2 })).test).not.toEqual(splitExamples(request()).test);
  });

  it('keeps the balance of the classes, and every class in training', () => {
    // 80 of class 0, 15 of class 1, 4 of class 2, one of class 3.
    const strata = Int32Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : i < 95 ? 1 : i < 99 ? 2 : 3));
    const split = splitExamples(request({ strata }));
    const count = (part: Uint32Array): number[] =>
      [0, 1, 2, 3].map((c) => [...part].filter((i) => strata[i] === c).length);
    expect(count(split.test)).toEqual([16, 3, 1, 0]);
    expect(count(split.validation)).toEqual([8, 2, 0, 0]);
    expect(count(split.train)[3]).toBe(1);
  });

  it('takes the source’s own test split for the test, and no other', () => {
    const sourceTest = Uint8Array.from({ length: 100 }, (_, i) => (i >= 90 ? 1 : 0));
    const split = splitExamples(request({ sourceTest }));
    expect([...split.test]).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect([split.train.length, split.validation.length]).toEqual([81, 9]);
  });

  it('in folds holds every example back once, beside the test split that there is without them', () => {
    const strata = Int32Array.from({ length: 101 }, (_, i) => (i < 80 ? 0 : i < 95 ? 1 : i < 99 ? 2 : 3));
    const plain = splitExamples(request({ examples: 101, strata }));
    const folds = [0, 1, 2, 3].map((index) =>
      splitExamples(request({ examples: 101, strata, fold: { index, of: 4 } })),
    );
    const pool = [...plain.train, ...plain.validation].sort((a, b) => a - b);
    expect(folds.flatMap(({ validation }) => [...validation]).sort((a, b) => a - b)).toEqual(pool);
    for (const split of folds) {
      expect(split.test).toEqual(plain.test);
      expect(all(split)).toEqual(all(plain));
    }
    const spread = (counts: number[]): number => Math.max(...counts) - Math.min(...counts);
    expect(spread(folds.map(({ validation }) => validation.length))).toBeLessThanOrEqual(1);
    for (const stratum of [0, 1, 2, 3]) {
      const counts = folds.map(({ validation }) => [...validation].filter((i) => strata[i] === stratum).length);
      expect(spread(counts), `stratum ${stratum}`).toBeLessThanOrEqual(1);
    }
  });

  it('in folds is a function of the seed, and keeps the source’s own test split', () => {
    const sourceTest = Uint8Array.from({ length: 100 }, (_, i) => (i >= 90 ? 1 : 0));
    const fold = { index: 2, of: 3 };
    expect(splitExamples(request({ fold }))).toEqual(splitExamples(request({ fold })));
    expect(splitExamples(request({ fold, seed: 2 })).validation).not.toEqual(
      splitExamples(request({ fold })).validation,
    );
    const split = splitExamples(request({ fold, sourceTest }));
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([60, 30, 10]);
  });

  it('in more folds than examples is refused', async () => {
    const refused = await failure(() => splitExamples(request({ examples: 5, test: 0, fold: { index: 0, of: 6 } })));
    expect(refused).toMatchObject({ kind: 'config', where: { key: 'data.split.fold.of' } });
    expect(splitExamples(request({ examples: 2, test: 0, fold: { index: 1, of: 2 } })).train).toHaveLength(1);
  });

  it('that leaves nothing to train on is refused', async () => {
    const shares = await failure(() => splitExamples(request({ validation: 0.5, test: 0.5 })));
    expect(shares).toMatchObject({ kind: 'config', where: { key: 'data.split' } });
  });

  it('of a hundred thousand examples works', () => {
    const split = splitExamples(request({ examples: 300_000 }));
    expect(split.train.length + split.validation.length + split.test.length).toBe(300_000);
  });
});

it('allots by largest remainder, never the last one', () => {
  expect(allot([10, 10, 10], 0.15, [10, 10, 10])).toEqual([2, 2, 1]);
  expect(allot([1, 1, 98], 0.5, [1, 1, 98])).toEqual([0, 0, 50]);
  expect(allot([3], 0.9, [3])).toEqual([2]);
});
