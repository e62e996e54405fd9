import { expect, test } from 'vitest';
import { onWebGPU, train, TRAINEES, type Trained } from './models';

test.each(Object.entries(TRAINEES))('two trainings of %s have the same bits', (_name, trainee) =>
  onWebGPU(async (backend) => {
    const run = (): Promise<Trained> => train(trainee, { backend, steps: 12 });
    const [first, second] = [await run(), await run()];
    expect(first.losses[0]).toBeGreaterThan(0);
    expect(first).toEqual(second);
  }),
);
