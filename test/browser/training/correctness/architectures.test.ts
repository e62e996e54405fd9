import { describe, expect, test } from 'vitest';
import { setVariable } from '../../../../src/engine/variables';
import { nonFinitePlace } from '../../../../src/training/diagnose';
import { shareDevice } from '../../share-device';
import { expectHalvesAsFull } from './halves-as-full';
import { batchOf, largestDifference, onWebGPU, setUp, train, TRAINEES } from './models';
import { expectRecordedAsEager } from './recorded-as-eager';

shareDevice();

describe.each(Object.entries(TRAINEES))('%s', (name, trainee) => {
  /**
   * Whole trainings on WebGPU, in kernels of our own and recorded steps, against the same models made of stock tfjs ops on
   * the CPU: from the same weights, on the same batches.
   */
  test('50 steps lose what they lose on the CPU', async () => {
    const ours = await train(trainee);
    const reference = await train(trainee, { backend: 'cpu' });
    expect(ours.eager).toBeNull();
    // It must have learned something, or there would be little to compare.
    expect(reference.losses[48]).toBeLessThan(0.9 * reference.losses[0]);
    expect(largestDifference(ours.losses, reference.losses)).toBeLessThan(1e-4);
  });

  test('two trainings have the same bits', async () => {
    const [first, second] = [await train(trainee, { steps: 12 }), await train(trainee, { steps: 12 })];
    expect(first.losses[0]).toBeGreaterThan(0);
    expect(first).toEqual(second);
  });

  test('recorded and eager steps agree', () => expectRecordedAsEager(trainee, { steps: 5 }));

  // A linear model of a regression stores nothing between layers.
  if (name !== 'linear, regression, SGD') {
    test('50 steps in halves lose about what they lose in float32', () => expectHalvesAsFull(trainee));
  }

  test('the layer whose weights are broken is the one that is named', () =>
    onWebGPU(async (backend) => {
      const { step, model, dispose } = await setUp(trainee, { backend });
      const batch = batchOf(trainee, 0);
      const missed: string[] = [];
      for (const { name, variable, trainable } of model.weights) {
        if (!trainable) continue;
        const [layer] = name.split('/');
        const before = await variable.data<'float32'>();
        setVariable(
          variable,
          before.map((value, i) => (i === 0 ? NaN : value)),
        );
        const { finite } = await step.run([batch], 1, 0, 0);
        const place = await nonFinitePlace(model, batch, 0);
        if (finite || !place.includes(`the first layer whose output is not finite is ${layer} `))
          missed.push(`${name} ${finite}: ${place}`);
        setVariable(variable, before);
      }
      expect(missed).toEqual([]);
      expect(await nonFinitePlace(model, batch, 0)).toContain('arose in the gradient');
      dispose();
    }));
});
