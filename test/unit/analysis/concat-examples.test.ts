import { describe, expect, it } from 'vitest';
import { concatExamples } from '../../../src/analysis/concat-examples';
import type { PredictionData } from '../../../src/data/contract';

/** Examples whose input is `[value]` and whose target is `value + 0.5`. */
function source(values: number[], labelled = true): PredictionData {
  return {
    examples: values.length,
    names: values.map((_, i) => `row ${i + 1}`),
    labelled,
    notices: [{ level: 'warning', message: 'A column was ignored.' }],
    batch: (indices) => {
      const chosen = Array.from(indices, (i) => values[i]);
      return {
        n: chosen.length,
        inputs: Float32Array.from(chosen),
        targets: Float32Array.from(chosen, (value) => value + 0.5),
      };
    },
  };
}

describe('concatExamples', () => {
  it('leaves a single source as it is', () => {
    const data = source([1]);
    expect(concatExamples([{ name: 'a.csv', data }])).toBe(data);
  });

  it('numbers the examples of all sources through, each in its place', async () => {
    const all = concatExamples([
      { name: 'a.csv', data: source([10, 11]) },
      { name: 'b.csv', data: source([20]) },
      { name: 'c.csv', data: source([30, 31, 32], false) },
    ]);
    expect(all.examples).toBe(6);
    expect(all.labelled).toBe(true);
    expect(all.names[2]).toBe('b.csv: row 1');
    expect(all.notices[1]).toEqual({ level: 'warning', message: 'b.csv: A column was ignored.' });
    const batch = await all.batch([5, 0, 1, 2, 3]);
    expect(batch).toEqual({
      n: 5,
      inputs: Float32Array.of(32, 10, 11, 20, 30),
      targets: Float32Array.of(32.5, 10.5, 11.5, 20.5, 30.5),
    });
  });
});
