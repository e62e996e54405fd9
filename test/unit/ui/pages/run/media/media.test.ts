import { describe, expect, test } from 'vitest';
import type { MediaRow } from '../../../../../../src/store/media';
import { textBlocks } from '../../../../../../src/ui/pages/run/media/blocks';
import { groupMedia } from '../../../../../../src/ui/pages/run/media/groups';
import { heatOf } from '../../../../../../src/ui/pages/run/media/heat';

describe('texts', () => {
  test('are cut into paragraphs and blocks of code, whatever is in those', () => {
    expect(textBlocks('Prompt:\n\n```text\na\n\n  b\n```\n\nThe model goes on:\n\n````text\n```\n````')).toEqual([
      { kind: 'prose', text: 'Prompt:' },
      { kind: 'code', text: 'a\n\n  b' },
      { kind: 'prose', text: 'The model goes on:' },
      { kind: 'code', text: '```' },
    ]);
  });

  test('without a closing fence are shown to their end', () => {
    expect(textBlocks('```\nto be')).toEqual([{ kind: 'code', text: 'to be' }]);
    expect(textBlocks('')).toEqual([]);
  });
});

test('predictions come first, tensors last, and what is not known between', () => {
  const rows = ['gradients/a/b', 'weights/a/b', 'speech/one', 'confusion/val', 'predictions/table', 'weights/c/d'].map(
    (name): MediaRow => ({ run_id: 'r', name, step: 1, time: 0, content: { kind: 'text', text: '' } }),
  );
  expect(groupMedia(rows).map(({ title, items }) => [title, items.map(({ label }) => label)])).toEqual([
    ['Predictions', ['Table']],
    ['Confusion matrix', ['Validation']],
    ['speech', ['one']],
    ['Weights', ['a/b', 'c/d']],
    ['Gradients', ['a/b']],
  ]);
});

describe('how a distribution moves', () => {
  const edges = (from: number, to: number): number[] =>
    Array.from({ length: 5 }, (_, i) => from + (i / 4) * (to - from));

  test('bins are spread over the rows that they cover, the largest values on top', () => {
    const heat = heatOf(
      [
        { step: 1, edges: edges(0, 4), counts: [4, 0, 0, 2] },
        { step: 2, edges: edges(0, 8), counts: [0, 0, 0, 6] },
      ],
      8,
    )!;
    expect([heat.min, heat.max]).toEqual([0, 8]);
    expect([...heat.columns[0]]).toEqual([0, 0, 0, 0, 0.5, 0, 0, 1]);
    expect([...heat.columns[1]]).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
  });

  test('is nothing where nothing lies apart', () => {
    expect(heatOf([], 8)).toBeNull();
    expect(heatOf([{ step: 1, edges: [2, 2], counts: [1] }], 8)).toBeNull();
  });
});
