import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackend, type Backend } from '../../../../src/engine/backend';
import { binNumbers } from '../../../../src/engine/histogram/bins';
import { deviceHistograms } from '../../../../src/engine/histogram/device-histograms';
import { tf } from '../../../../src/engine/tf';
import { countsOf, HISTOGRAM_CASES } from '../../../helpers/histogram-cases';

let backend: Backend;
beforeAll(async () => {
  backend = await startBackend(['webgpu']);
});
afterAll(() => backend.dispose());

async function binned(all: Float32Array[]) {
  const webgpu = backend.webgpu!;
  const tensors = all.map((values) => tf.tensor1d(values));
  const ranges = tensors.map((tensor) => ({ ...webgpu.rangeOf(tensor), size: 4 * tensor.size }));
  try {
    return await deviceHistograms(webgpu, ranges);
  } finally {
    tf.dispose(tensors);
  }
}

describe('histograms on the device', () => {
  const names = Object.keys(HISTOGRAM_CASES);

  test('are those of the definition, of all kinds of numbers at once', async () => {
    const found = await binned(Object.values(HISTOGRAM_CASES));
    names.forEach((name, i) => {
      const values = HISTOGRAM_CASES[name];
      const expected = binNumbers(values)!;
      const { counts, sum, sum_squares, ...rest } = found[i]!;
      const { edges, min, max, count, left_out } = expected;
      expect(rest, name).toEqual({ edges, min, max, count, left_out });
      expect([...counts], name).toEqual(countsOf(values, edges));
      const size = Math.sqrt(expected.sum_squares * count);
      expect(Math.abs(sum - expected.sum), name).toBeLessThanOrEqual(1e-5 * size);
      expect(Math.abs(sum_squares - expected.sum_squares), name).toBeLessThanOrEqual(1e-5 * expected.sum_squares);
    });
  });

  test('leave out what is no number, and are none where nothing else is there', async () => {
    const found = await binned([Float32Array.of(NaN, -Infinity), Float32Array.of(2, NaN)]);
    expect(found[0]).toBeNull();
    expect(found[1]).toMatchObject({ count: 1, left_out: 1, min: 2, max: 2, sum: 2, sum_squares: 4 });
  });

  test('are the same again, and leave nothing on the device', async () => {
    const values = HISTOGRAM_CASES['several workgroups'];
    const first = await binned([values]);
    const { bytes } = backend.memory();
    expect(await binned([values])).toEqual(first);
    expect(backend.memory().bytes).toBe(bytes);
    expect(await deviceHistograms(backend.webgpu!, [])).toEqual([]);
  });
});
