import { describe, expect, it } from 'vitest';
import { predict, type BatchModel, type NamedExamples } from '../../../src/analysis/predict';
import type { Preprocessing } from '../../../src/store/schema';

const classification: Preprocessing = {
  version: 1,
  task: 'classification',
  input_shape: [2],
  inputs: { kind: 'images', mean: [0], std: [1] },
  target: ['label'],
  classes: ['cat', 'dog', 'emu'],
  target_scale: null,
};
const regression: Preprocessing = {
  ...classification,
  task: 'regression',
  target: ['price', 'rooms'],
  classes: null,
  target_scale: { mean: [100, 4], std: [10, 2] },
};

/** A model whose outputs are its inputs, padded with zeros. It notes the size of every batch. */
function echo(preprocessing: Preprocessing, width: number, batchSize = 2): BatchModel & { batches: number[] } {
  const batches: number[] = [];
  return {
    preprocessing,
    batch_size: batchSize,
    batches,
    async outputs(inputs, n) {
      batches.push(n);
      const out = new Float32Array(n * width);
      for (let i = 0; i < n; i++) out.set(inputs.subarray(i * 2, i * 2 + 2), i * width);
      return out;
    },
  };
}

function examples(inputs: number[][], targets: Int32Array | Float32Array, labelled = true): NamedExamples {
  const each = targets.length / inputs.length;
  return {
    examples: inputs.length,
    names: inputs.map((_, i) => `row ${i + 1}`),
    labelled,
    notices: [{ level: 'info', message: 'An extra column was ignored.' }],
    batch: (indices) => {
      const chosen = Array.from(indices);
      return {
        n: chosen.length,
        inputs: Float32Array.from(chosen.flatMap((i) => inputs[i])),
        targets:
          targets instanceof Int32Array
            ? Int32Array.from(chosen, (i) => targets[i])
            : Float32Array.from(chosen.flatMap((i) => [...targets.subarray(i * each, (i + 1) * each)])),
      };
    },
  };
}

describe('predict, classification', () => {
  const data = examples(
    [
      [3, 0],
      [0, 2],
      [-5, -5],
      [1, 0],
      [0, 1],
    ],
    Int32Array.of(0, 1, 2, 1, -1),
  );

  it('gives the likeliest label and a probability for every class', async () => {
    const { predictions } = await predict(echo(classification, 3), data);
    expect(predictions.map(({ name, label, actual }) => [name, label, actual])).toEqual([
      ['row 1', 'cat', 'cat'],
      ['row 2', 'dog', 'dog'],
      ['row 3', 'emu', 'emu'],
      ['row 4', 'cat', 'dog'],
      ['row 5', 'dog', undefined],
    ]);
    const total = Math.exp(3) + 2;
    expect(predictions[0].probabilities?.cat).toBeCloseTo(Math.exp(3) / total, 12);
    expect(predictions[0].probabilities?.emu).toBeCloseTo(1 / total, 12);
    for (const { probabilities = {} } of predictions) {
      expect(Object.keys(probabilities)).toEqual(['cat', 'dog', 'emu']);
      expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    }
  });

  it('scores what is labelled, and tells the notices of the data', async () => {
    const { metrics, confusion, notices, n } = await predict(echo(classification, 3), data);
    expect(n).toBe(5);
    expect(metrics?.accuracy).toBe(0.75);
    expect(confusion).toEqual({
      labels: ['cat', 'dog', 'emu'],
      matrix: [
        [1, 0, 0],
        [1, 1, 0],
        [0, 0, 1],
      ],
    });
    expect(notices).toEqual(data.notices);
  });

  it('takes the chosen examples in the order given, batch after batch', async () => {
    const model = echo(classification, 3, 2);
    const { predictions } = await predict(model, data, [4, 0, 2]);
    expect(predictions.map(({ name }) => name)).toEqual(['row 5', 'row 1', 'row 3']);
    expect(model.batches).toEqual([2, 1]);
  });

  it('scores nothing where the data has no labels', async () => {
    const unlabelled = examples([[1, 2]], Int32Array.of(-1), false);
    const { metrics, confusion, predictions } = await predict(echo(classification, 3), unlabelled);
    expect([metrics, confusion]).toEqual([null, null]);
    expect(predictions[0]).not.toHaveProperty('actual');
  });

  it('scores nothing where every label is unknown to the model', async () => {
    const { metrics } = await predict(echo(classification, 3), examples([[1, 2]], Int32Array.of(-1)));
    expect(metrics).toBeNull();
  });
});

describe('predict, regression', () => {
  it('gives values and errors in the unit of each target', async () => {
    const data = examples(
      [
        [1, 0],
        [-1, 0.5],
      ],
      Float32Array.of(0, 0, -1, NaN),
    );
    const { predictions, metrics, confusion } = await predict(echo(regression, 2), data);
    expect(predictions).toEqual([
      { name: 'row 1', values: { price: 110, rooms: 4 }, actual: { price: 100, rooms: 4 } },
      { name: 'row 2', values: { price: 90, rooms: 5 }, actual: { price: 90 } },
    ]);
    // price: errors 10 and 0; rooms: error 0 of the only one known.
    expect(metrics?.mae).toBeCloseTo((5 + 0) / 2, 6);
    expect(metrics?.rmse).toBeCloseTo((Math.sqrt(50) + 0) / 2, 6);
    expect(confusion).toBeNull();
  });
});
