import { describe, expect, test } from 'vitest';
import { principalPlane } from '../../../src/analysis/principal-components';
import { randomStream } from '../../../src/base/random';

const random = randomStream(2, 'plane');
const pause = async (): Promise<void> => undefined;

/** Points spread by `spreads` along orthogonal directions of a space of `width`, away from zero. */
function cloud(count: number, width: number, spreads: number[]): { vectors: Float32Array; along: number[][] } {
  const axes = spreads.map(() => Array.from({ length: width }, () => random.normal()));
  axes.forEach((axis, a) => {
    for (const other of axes.slice(0, a)) {
      const along = axis.reduce((sum, value, k) => sum + value * other[k], 0);
      other.forEach((value, k) => (axis[k] -= along * value));
    }
    const size = Math.hypot(...axis);
    axis.forEach((value, k) => (axis[k] = value / size));
  });
  const along = Array.from({ length: count }, () => spreads.map((spread) => spread * random.normal()));
  const vectors = Float32Array.from(
    along.flatMap((amounts) =>
      Array.from({ length: width }, (_, k) => 5 + amounts.reduce((sum, amount, a) => sum + amount * axes[a][k], 0)),
    ),
  );
  return { vectors, along };
}

const correlation = (a: ArrayLike<number>, b: number[]): number => {
  const centre = (values: ArrayLike<number>): number[] => {
    const mean = Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    return Array.from(values, (value) => value - mean);
  };
  const [x, y] = [centre(a), centre(b)];
  const dot = (p: number[], q: number[]): number => p.reduce((sum, value, i) => sum + value * q[i], 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
};

describe('the plane of vectors', () => {
  test('is the one in which they are spread most, in that order', async () => {
    const { vectors, along } = cloud(400, 23, [6, 3, 0.5, 0.2]);
    const { x, y, explained } = await principalPlane(vectors, 23, pause);
    expect(
      Math.abs(
        correlation(
          x,
          along.map(([first]) => first),
        ),
      ),
    ).toBeGreaterThan(0.99);
    expect(
      Math.abs(
        correlation(
          y,
          along.map(([, second]) => second),
        ),
      ),
    ).toBeGreaterThan(0.99);
    expect(Math.abs(correlation(x, [...y]))).toBeLessThan(1e-3);
    expect(explained[0]).toBeGreaterThan(explained[1]);
    expect(explained[0] + explained[1]).toBeGreaterThan(0.97);
  });

  test('is the same again, and leaves out what is no number', async () => {
    const { vectors } = cloud(50, 5, [3, 1]);
    const whole = await principalPlane(vectors, 5, pause);
    expect(await principalPlane(vectors, 5, pause)).toEqual(whole);
    const broken = Float32Array.from([...vectors, NaN, 0, 0, 0, 0]);
    const { x, y } = await principalPlane(broken, 5, pause);
    expect([...x.subarray(0, 50)]).toEqual([...whole.x]);
    expect([x[50], y[50]]).toEqual([NaN, NaN]);
  });

  test('is a line, or a point, where vectors are', async () => {
    const line = await principalPlane(Float32Array.of(0, 0, 1, 2, 2, 4), 2, pause);
    for (const y of line.y) expect(y).toBeCloseTo(0, 5);
    expect(line.explained[0]).toBeCloseTo(1, 5);
    const point = await principalPlane(Float32Array.of(1, 2, 1, 2), 2, pause);
    expect([...point.x, ...point.y]).toEqual([0, 0, 0, 0]);
    expect((await principalPlane(new Float32Array(), 0, pause)).x).toHaveLength(0);
  });
});
