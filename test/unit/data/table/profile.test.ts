import { describe, expect, it } from 'vitest';
import { importTable } from '../helpers';

const column = async (cells: string[]) => {
  const { dataset } = await importTable(
    'p.csv',
    `v,w\n${cells.map((cell, i) => `${cell},${'ab'[i % 2]}`).join('\n')}\n`,
  );
  return dataset.columns[0];
};

describe('the summary of a column', () => {
  it('describes its numbers', async () => {
    const summary = await column(['2', '4', '4', '4', '5', '5', '7', '9', 'NA']);
    expect(summary).toMatchObject({ missing: 1, distinct: 5, numeric: { min: 2, max: 9, mean: 5, std: 2 } });
    expect(summary.top[0]).toEqual({ value: '4', count: 3 });
    // A bin for each whole number.
    expect(summary.numeric?.histogram).toEqual({
      edges: [2, 3, 4, 5, 6, 7, 8, 9, 10],
      counts: [1, 0, 3, 2, 0, 1, 0, 1],
    });
  });

  it('has a histogram that counts every number, the largest included', async () => {
    const { numeric } = await column(Array.from({ length: 101 }, (_, i) => String(i / 10)));
    expect(numeric?.histogram.counts).toHaveLength(24);
    expect(numeric?.histogram.counts.reduce((a, b) => a + b)).toBe(101);
    expect(numeric?.histogram.edges.at(-1)).toBeCloseTo(10, 12);
  });

  it('has no numbers where most cells are words', async () => {
    const summary = await column(['a', 'b', 'a', '1']);
    expect(summary.numeric).toBeNull();
    expect(summary.top).toEqual([
      { value: 'a', count: 2 },
      { value: 'b', count: 1 },
      { value: '1', count: 1 },
    ]);
  });
});
