import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomStream } from '../../../src/base/random';
import { startBackend, type Backend } from '../../../src/engine/backend';
import { softmaxDifference, softmaxDifferenceOps } from '../../../src/engine/softmax-difference';
import { tf } from '../../../src/engine/tf';

let backend: Backend;
beforeAll(async () => {
  backend = await startBackend(['webgpu']);
});
afterAll(() => backend.dispose());

test.each([
  [1, 1],
  [7, 3],
  [33, 101],
])('one dispatch does what the tfjs ops do: %i rows of %i classes', async (rows, classes) => {
  const random = randomStream(1, 'softmax');
  const tensor = (columns: number, scale: number): tf.Tensor2D =>
    tf.tensor2d(
      Float32Array.from({ length: rows * columns }, () => scale * random.normal()),
      [rows, columns],
    );
  const [logits, weight, target] = [tensor(classes, 30), tensor(1, 1), tensor(classes, 1)];
  const before = tf.memory().numTensors;
  const actual = softmaxDifference(logits, weight, target);
  expect(tf.memory().numTensors).toBe(before + 1);
  const expected = await softmaxDifferenceOps(logits, weight, target).data();
  (await actual.data()).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
});
