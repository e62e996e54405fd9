import { describe, expect, it } from 'vitest';
import { minimise, type SmoothFunction } from '../../../../../src/sweeps/samplers/gp/lbfgs';

const anywhere = { low: -Infinity, high: Infinity, tolerance: 1e-7, leastGain: 1e-14, maxIterations: 300 };

const rosenbrock: SmoothFunction = (x, gradient) => {
  let value = 0;
  gradient.fill(0);
  for (let i = 0; i + 1 < x.length; i++) {
    const [a, b] = [x[i + 1] - x[i] ** 2, 1 - x[i]];
    value += 100 * a * a + b * b;
    gradient[i] += -400 * a * x[i] - 2 * b;
    gradient[i + 1] += 200 * a;
  }
  return value;
};

/** A bowl around (2, −3, 0.5) with condition 10⁴. */
const bowl: SmoothFunction = (x, gradient) => {
  let value = 0;
  for (const [i, middle] of [2, -3, 0.5].entries()) {
    const weight = 100 ** i;
    value += weight * (x[i] - middle) ** 2;
    gradient[i] = 2 * weight * (x[i] - middle);
  }
  return value;
};

describe('L-BFGS', () => {
  it('finds the minimum of Rosenbrock’s valley', () => {
    const { x, value } = minimise(rosenbrock, [-1.2, 1, -0.5, 2], anywhere);
    expect(value).toBeLessThan(1e-8);
    for (const xi of x) expect(xi).toBeCloseTo(1, 3);
  });

  it('stays in the box and stops at its edge', () => {
    let outside = 0;
    const watched: SmoothFunction = (x, gradient) => {
      if (x.some((xi) => xi < -1 || xi > 1)) outside++;
      return bowl(x, gradient);
    };
    const { x } = minimise(watched, [0, 0, 0], { ...anywhere, low: -1, high: 1 });
    expect(outside).toBe(0);
    expect(x[0]).toBe(1);
    expect(x[1]).toBe(-1);
    expect(x[2]).toBeCloseTo(0.5, 6);
  });

  it('moves a start into the box and never returns worse than there', () => {
    const { value } = minimise(bowl, [5, 5, 5], { ...anywhere, low: 0, high: 1, maxIterations: 0 });
    expect(value).toBe(bowl(Float64Array.of(1, 1, 1), new Float64Array(3)));
  });

  it('gives up where values are no numbers, or fall for ever', () => {
    const nowhere = minimise(() => NaN, [1, 2], anywhere);
    expect([...nowhere.x]).toEqual([1, 2]);
    const cliff: SmoothFunction = (x, gradient) => {
      gradient[0] = -1;
      return x[0] > 3 ? NaN : -x[0];
    };
    expect(minimise(cliff, [0], anywhere).x[0]).toBeGreaterThan(2);
  });
});
