import { expect, it } from 'vitest';
import { resizePixels } from '../../../../src/data/images/resize';

it('leaves an image of its own size as it is', () => {
  const pixels = Uint8Array.from({ length: 3 * 5 * 2 }, (_, i) => i * 7);
  expect(resizePixels(pixels, { height: 3, width: 5, channels: 2 }, { height: 3, width: 5 })).toEqual(pixels);
});

it('counts every pixel where it shrinks', () => {
  // A single white pixel of 8 × 8: its weight in the 2 × 2 image is that of a triangle of 8 pixels.
  const pixels = new Uint8Array(64);
  pixels[9] = 255;
  const small = resizePixels(pixels, { height: 8, width: 8, channels: 1 }, { height: 2, width: 2 });
  expect(small[0]).toBeGreaterThan(0);
  expect(small[3]).toBe(0);
});

it('keeps channels apart, and the mean', () => {
  const pixels = Uint8Array.from({ length: 6 * 9 * 3 }, (_, i) => (i % 3) * 100);
  const out = resizePixels(pixels, { height: 6, width: 9, channels: 3 }, { height: 4, width: 3 });
  expect([...out]).toEqual(Array.from({ length: 4 * 3 * 3 }, (_, i) => (i % 3) * 100));
});

it('enlarges between neighbours', () => {
  const out = resizePixels(Uint8Array.of(0, 100), { height: 1, width: 2, channels: 1 }, { height: 1, width: 4 });
  expect([...out]).toEqual([0, 25, 75, 100]);
});
