/** What went into a model, shown as what it was. */
import { describe, expect, test } from 'vitest';
import { categoryInput, numberInput, shownValue } from '../../../../src/data/features/columns';
import { fitImages, imageInputs, shownPixels } from '../../../../src/data/features/images';
import type { ColumnTransform } from '../../../../src/store/schema';

describe.each([1, 3, 4])('images of %i channels', (channels) => {
  const shape = { height: 3, width: 5, channels };
  const pixels = Uint8Array.from({ length: 2 * 15 * channels }, (_, i) => (i * 37) % 256);
  const scale = fitImages(pixels, shape, Uint32Array.of(0, 1));

  test('come back pixel by pixel', () => {
    const shown = shownPixels(imageInputs(pixels, shape, scale)([1]), shape, scale)!;
    expect(shown).toHaveLength(4 * 15);
    for (let i = 0; i < 15; i++) {
      const own = pixels.subarray((15 + i) * channels, (16 + i) * channels);
      const [red, green, blue] = channels === 1 ? [own[0], own[0], own[0]] : own;
      expect([...shown.subarray(4 * i, 4 * i + 4)]).toEqual([red, green, blue, channels === 4 ? own[3] : 255]);
    }
  });
});

test('what is no colour is not shown', () => {
  expect(
    shownPixels(new Float32Array(2), { height: 1, width: 1, channels: 2 }, { mean: [0, 0], std: [1, 1] }),
  ).toBeNull();
});

describe('a value of a table', () => {
  const through = (transform: Exclude<ColumnTransform, { role: 'category' }>, value: number): unknown => {
    const out = new Float32Array(4);
    numberInput(transform, Float64Array.of(value)).write(0, out, 1);
    return shownValue(transform, out, 1);
  };
  const scale = { name: 'x', mean: 1234.5, std: 77, missing_indicator: true };

  test('is the number that it was, to seven digits, or missing', () => {
    expect(through({ ...scale, role: 'number' }, 1300.25)).toBeCloseTo(1300.25, 3);
    expect(through({ ...scale, role: 'number' }, 1234.5)).toBe(1234.5);
    expect(through({ ...scale, role: 'number' }, NaN)).toBeNull();
  });

  test('is the date that it was', () => {
    const days = Date.UTC(2024, 1, 29) / 86_400_000;
    const date = { ...scale, mean: days - 200, role: 'date', day_first: false } as const;
    expect(through(date, days)).toBe('2024-02-29');
    expect(through(date, days + 0.25)).toBe('2024-02-29T06:00:00.000Z');
  });

  test('is the category that it was, or none that is known', () => {
    const transform = { name: 'c', role: 'category', values: ['elm', 'oak'] } as const;
    const column = { values: ['oak', 'ash'], codes: Int32Array.of(0, 1, -1) };
    const shown = [0, 1, 2].map((row) => {
      const out = new Float32Array(5);
      categoryInput({ ...transform, values: [...transform.values] }, column).write(row, out, 2);
      return shownValue({ ...transform, values: [...transform.values] }, out, 2);
    });
    expect(shown).toEqual(['oak', null, null]);
  });
});
