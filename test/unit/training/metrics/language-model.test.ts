import { expect, it } from 'vitest';
import { LanguageModelMetrics } from '../../../../src/training/metrics/language-model';

const logits = Float32Array.from([0, 0, Math.log(2), 5, 0, 0, 1, 1, 1]);

it('gives the mean loss of the tokens that are asked for, its exponential, and the share of right guesses', () => {
  const metrics = new LanguageModelMetrics(3);
  expect(metrics.add(logits, Int32Array.from([2, 1, -1]))).toBeCloseTo(
    (Math.log(2) + Math.log(Math.exp(5) + 2)) / 2,
    5,
  );
  const { loss, perplexity, accuracy } = metrics.result();
  expect(perplexity).toBeCloseTo(Math.exp(loss), 10);
  expect(accuracy).toBe(0.5);
  expect(metrics.confusion()).toBeNull();
});

it('goes on from what was saved', () => {
  const [whole, first, second] = Array.from({ length: 3 }, () => new LanguageModelMetrics(3));
  whole.add(logits, Int32Array.from([2, 1, 0]));
  whole.add(logits, Int32Array.from([0, 0, 0]));
  first.add(logits, Int32Array.from([2, 1, 0]));
  second.restore(first.save());
  second.add(logits, Int32Array.from([0, 0, 0]));
  expect(second.result()).toEqual(whole.result());
  expect(() => second.restore([1])).toThrow(/of another task/);
  second.reset();
  expect(second.result()).toEqual({});
});
