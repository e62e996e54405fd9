import { expect, test } from 'vitest';
import { setVariable } from '../../../../src/engine/variables';
import { nonFinitePlace } from '../../../../src/training/diagnose';
import { batchOf, onWebGPU, setUp, TRAINEES } from './models';

test.each(Object.entries(TRAINEES))(
  'the layer of %s whose weights are broken is the one that is named',
  (_name, trainee) =>
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
    }),
);
