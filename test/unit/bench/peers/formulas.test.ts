import { describe, expect, it } from 'vitest';
import { bytesOf, stepMs, type Shape } from '../../../../bench/peers/formulas';

const shape: Shape = {
  buckets: [
    [1_000, 1_010],
    [0, 1_000],
  ],
  matrices: [{ offset: 0, rows: 50, columns: 20 }],
};

describe('bytes that a peer sends a step', () => {
  it('are both legs of its share, with framing', () => {
    expect(bytesOf(shape, 'float32', 2)).toBeCloseTo(1.08 * 4 * 1_010);
    expect(bytesOf(shape, 'float16', 4)).toBeCloseTo(1.08 * 3 * 1_010);
    expect(bytesOf(shape, 'float32', 1)).toBe(0);
  });

  it('of PowerSGD are those of factors, and of what has none', () => {
    expect(bytesOf(shape, 'powersgd', 2)).toBeCloseTo(1.08 * 4 * (4 * 70 + 10));
  });

  it('of whole weights grow with every other peer', () => {
    expect(bytesOf(shape, 'all_to_all', 4)).toBeCloseTo(1.08 * 4 * 1_010 * 3);
  });
});

it('a step hides communication behind the backward pass, and no more than there is', () => {
  expect(stepMs(100, 30, 50, 5)).toBe(105);
  expect(stepMs(100, 80, 50, 5)).toBe(135);
});
