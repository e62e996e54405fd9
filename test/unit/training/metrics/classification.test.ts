import { expect, test } from 'vitest';
import { argMax, ClassificationMetrics, logSumExp } from '../../../../src/training/metrics/classification';

const labels = ['a', 'b', 'c'];
/** Logits that predict `classes`. */
const logits = (...classes: number[]): Float32Array =>
  Float32Array.from(classes.flatMap((predicted) => labels.map((_, i) => (i === predicted ? 2 : 0))));

test('accuracy, macro F1 and the confusion matrix of a hand-made case', () => {
  const metrics = new ClassificationMetrics(labels);
  metrics.add(logits(0, 0, 1), Int32Array.of(0, 1, 1));
  metrics.add(logits(2, 0), Int32Array.of(2, 2));
  const { accuracy, f1, loss } = metrics.result();
  expect(accuracy).toBeCloseTo(3 / 5);
  // F1: a = 2·1/(1+3), b = 2·1/(2+1), c = 2·1/(2+1).
  expect(f1).toBeCloseTo((0.5 + 2 / 3 + 2 / 3) / 3);
  const right = Math.log(Math.exp(2) + 2) - 2;
  expect(loss).toBeCloseTo((3 * right + 2 * (right + 2)) / 5);
  expect(metrics.confusion()).toEqual({
    labels,
    matrix: [
      [1, 0, 0],
      [1, 1, 0],
      [1, 0, 1],
    ],
  });
});

test('unlabelled examples count for nothing; class weights are in the loss alone', () => {
  const metrics = new ClassificationMetrics(labels, Float64Array.of(1, 3, 1));
  const loss = metrics.add(logits(0, 0, 1), Int32Array.of(0, 1, -1));
  const right = Math.log(Math.exp(2) + 2) - 2;
  expect(loss).toBeCloseTo((right + 3 * (right + 2)) / 4);
  expect(metrics.result()).toMatchObject({ accuracy: 0.5 });
  expect(new ClassificationMetrics(labels).result()).toEqual({});
  expect(new ClassificationMetrics(labels).add(logits(1), Int32Array.of(-1))).toBe(0);
});

test('state that is saved in between leads to the same result', () => {
  const whole = new ClassificationMetrics(labels);
  whole.add(logits(0, 1), Int32Array.of(0, 2));
  const resumed = new ClassificationMetrics(labels);
  resumed.restore(JSON.parse(JSON.stringify(whole.save())) as number[]);
  for (const metrics of [whole, resumed]) metrics.add(logits(2, 2, 1), Int32Array.of(2, 0, 1));
  expect(resumed.result()).toEqual(whole.result());
  expect(() => new ClassificationMetrics(['a']).restore(whole.save())).toThrow(/number of classes/);
  whole.reset();
  expect(whole.result()).toEqual({});
});

test('numbers that are none are seen', () => {
  expect(logSumExp([1e4, 1e4])).toBeCloseTo(1e4 + Math.LN2);
  expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity);
  expect(logSumExp([NaN, 1])).toBeNaN();
  expect(argMax([NaN, -1, 3, 3])).toBe(2);
  expect(new ClassificationMetrics(labels).add(Float32Array.of(NaN, 0, 0), Int32Array.of(0))).toBeNaN();
});
