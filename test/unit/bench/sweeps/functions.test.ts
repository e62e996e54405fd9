import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../../../bench/sweeps/functions';

const valueAt = (name: string, x: number[]): number | Promise<number> => {
  const objective = FUNCTIONS.find((each) => each.name === name)!;
  return objective.evaluate(Object.fromEntries(Object.keys(objective.space).map((key, i) => [key, x[i]])));
};

describe('the functions', () => {
  it.each([
    ['sphere5', [0, 0, 0, 0, 0], 0],
    ['rosenbrock4', [1, 1, 1, 1], 0],
    ['branin', [Math.PI, 2.275], 0.397887],
    ['hartmann6', [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573], -3.32237],
    ['ackley10', new Array<number>(10).fill(0), 0],
  ])('%s has its minimum where the literature has it', async (name, x, minimum) => {
    expect(await valueAt(name, x)).toBeCloseTo(minimum, 5);
  });

  it('mixed4 is best where its optimizer has its best rate', async () => {
    const mixed = FUNCTIONS.find(({ name }) => name === 'mixed4')!;
    const at = (optimizer: string, rate: number) => mixed.evaluate({ rate, width: 37, optimizer, dropout: 0.3 });
    expect(await at('adam', 1e-3)).toBeCloseTo(0, 12);
    expect(await at('sgd', 0.1)).toBeCloseTo(0.3, 12);
    expect(await at('lion', 1e-3)).toBeCloseTo(1.2, 12);
  });
});
