import { describe, expect, it } from 'vitest';
import { drawCurves } from '../../../src/export/curves-chart';
import type { MetricSeries } from '../../../src/store/metrics';
import { bundleContent, curve } from '../../helpers/bundle-content';

/** Decodes a PNG and counts its pixels by colour, `r,g,b`. */
async function colours(png: Blob): Promise<{ width: number; height: number; counts: Map<string, number> }> {
  const bitmap = await createImageBitmap(png);
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  if (!context) throw new Error('no canvas');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const counts = new Map<string, number>();
  for (let at = 0; at < data.length; at += 4) {
    const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return { width: bitmap.width, height: bitmap.height, counts };
}

const BLUE = '0,114,178';
const VERMILLION = '213,94,0';
const draw = async (series: MetricSeries[]) => colours(await drawCurves(series, 120));

describe('drawCurves', () => {
  it('draws the curves of training and validation', async () => {
    const { series } = await bundleContent();
    const { width, height, counts } = await draw(series);
    expect([width, height]).toEqual([1280, 480]);
    expect(counts.get('255,255,255')).toBeGreaterThan(0.8 * width * height);
    expect(counts.get(BLUE)).toBeGreaterThan(300);
    expect(counts.get(VERMILLION)).toBeGreaterThan(300);
  });

  it('leaves out what was not logged', async () => {
    const { series } = await bundleContent();
    const { counts } = await draw(series.filter(({ metric }) => metric === 'train_loss'));
    expect(counts.get(BLUE)).toBeGreaterThan(300);
    expect(counts.has(VERMILLION)).toBe(false);
  });

  it('draws a page that says so when nothing was logged', async () => {
    const { counts } = await draw([]);
    expect(counts.get('255,255,255')).toBeLessThan(1280 * 480);
  });

  it('stands values that are not finite, a single point and a constant', async () => {
    const series = [
      curve('train_loss', [
        [1, NaN],
        [2, Infinity],
        [3, 0.5],
      ]),
      curve('val_loss', [
        [1, 0],
        [2, 0],
        [3, 0],
      ]),
      curve('val_r2', [[3, -4]]),
    ];
    const { counts } = await draw(series);
    expect(counts.get(BLUE)).toBeGreaterThan(10);
    expect(counts.get(VERMILLION)).toBeGreaterThan(100);
  });

  it('draws two hundred thousand points', async () => {
    const long = curve(
      'train_loss',
      Array.from({ length: 200_000 }, (_, i) => [i + 1, 1 / Math.sqrt(i + 1) + 0.05 * Math.sin(i)]),
    );
    expect((await draw([long])).counts.get(BLUE)).toBeGreaterThan(300);
  });

  it('gives the same picture for the same curves', async () => {
    const { series } = await bundleContent();
    const bytes = async (): Promise<ArrayBuffer> => (await drawCurves(series, 120)).arrayBuffer();
    expect(new Uint8Array(await bytes())).toEqual(new Uint8Array(await bytes()));
  });
});
