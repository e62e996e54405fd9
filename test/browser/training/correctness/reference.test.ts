import { expect, test } from 'vitest';
import { largestDifference, train, TRAINEES } from './models';

/**
 * Whole trainings on WebGPU, in kernels of our own and recorded steps, against the same models made of stock tfjs ops on the
 * CPU: from the same weights, on the same batches.
 */
test.each(Object.entries(TRAINEES))('50 steps of %s lose what they lose on the CPU', async (_name, trainee) => {
  const ours = await train(trainee);
  const reference = await train(trainee, { backend: 'cpu' });
  expect(ours.eager).toBeNull();
  // It must have learned something, or there would be little to compare.
  expect(reference.losses[48]).toBeLessThan(0.9 * reference.losses[0]);
  expect(largestDifference(ours.losses, reference.losses)).toBeLessThan(1e-4);
});
