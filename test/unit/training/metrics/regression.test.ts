import { expect, test } from 'vitest';
import { RegressionMetrics } from '../../../../src/training/metrics/regression';

test('errors are in the target’s own unit, the loss is standardised', () => {
  const metrics = new RegressionMetrics([10]);
  metrics.add(Float32Array.of(1, 0), Float32Array.of(0.5, 0));
  metrics.add(Float32Array.of(-1, 5), Float32Array.of(-2, NaN));
  const { loss, mae, rmse, r2 } = metrics.result();
  expect(loss).toBeCloseTo((0.25 + 0 + 1) / 3);
  expect(mae).toBeCloseTo((10 * (0.5 + 0 + 1)) / 3);
  expect(rmse).toBeCloseTo(10 * Math.sqrt(1.25 / 3));
  const mean = -0.5;
  const spread = [0.5, 0, -2].reduce((sum, target) => sum + (target - mean) ** 2, 0);
  expect(r2).toBeCloseTo(1 - 1.25 / spread);
});

test('several targets are averaged', () => {
  const metrics = new RegressionMetrics([1, 100]);
  metrics.add(Float32Array.of(1, 0, 3, 1), Float32Array.of(0, 0, 1, 2));
  const { mae, rmse, r2, loss } = metrics.result();
  expect(mae).toBeCloseTo((1.5 + 50) / 2);
  expect(rmse).toBeCloseTo((Math.sqrt(2.5) + 100 * Math.sqrt(0.5)) / 2);
  expect(r2).toBeCloseTo((1 - 5 / 0.5 + (1 - 1 / 2)) / 2);
  expect(loss).toBeCloseTo(6 / 4);
  expect(new RegressionMetrics([1]).result()).toEqual({});
});

test('a target that never varies has no R² but a finite one', () => {
  const metrics = new RegressionMetrics([1]);
  metrics.add(Float32Array.of(1, 2), Float32Array.of(1, 1));
  expect(metrics.result().r2).toBe(0);
});

test('state that is saved in between leads to the same result', () => {
  const whole = new RegressionMetrics([2, 3]);
  whole.add(Float32Array.of(1, 2), Float32Array.of(0.3, 0.1));
  const resumed = new RegressionMetrics([2, 3]);
  resumed.restore(whole.save());
  for (const metrics of [whole, resumed]) metrics.add(Float32Array.of(0.7, -1), Float32Array.of(0.1, NaN));
  expect(resumed.result()).toEqual(whole.result());
  expect(() => new RegressionMetrics([1]).restore(whole.save())).toThrow(/number of targets/);
});

test('with Huber’s loss only the loss changes, and its state is its own', () => {
  const metrics = new RegressionMetrics([2], 1);
  const squared = new RegressionMetrics([2]);
  for (const each of [metrics, squared]) each.add(Float32Array.of(0.5, 3, 1), Float32Array.of(0, 0, NaN));
  expect(metrics.result().loss).toBeCloseTo((0.125 + 2.5) / 2);
  expect({ ...metrics.result(), loss: 0 }).toEqual({ ...squared.result(), loss: 0 });
  const resumed = new RegressionMetrics([2], 1);
  resumed.restore(metrics.save());
  expect(resumed.result()).toEqual(metrics.result());
  expect(() => squared.restore(metrics.save())).toThrow(/number of targets/);
});
