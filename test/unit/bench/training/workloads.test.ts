import { describe, expect, it } from 'vitest';
import { batchOf, initialModel, WORKLOADS } from '../../../../bench/training/workloads';

const parametersOf = (name: string): number => {
  const workload = WORKLOADS.find((each) => each.name === name);
  if (workload?.kind !== 'training') throw new Error(`There is no training of ${name}.`);
  return [...initialModel(workload).weights.values()].reduce((sum, { length }) => sum + length, 0);
};

describe('workloads', () => {
  it('have the sizes that they are named for', () => {
    expect(parametersOf('mlp-8')).toBe(784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10);
    expect(parametersOf('cnn-64')).toBe(9 * 16 + 16 + 9 * 16 * 32 + 32 + 7 * 7 * 32 * 10 + 10);
    expect(parametersOf('transformer-0.8m') / 1e6).toBeCloseTo(0.8, 1);
    expect(Math.abs(parametersOf('transformer-9.6m') / 1e6 - 9.6)).toBeLessThan(0.15);
    expect(parametersOf('convnext-tiny') / 1e6).toBeCloseTo(27.8, 1);
  }, 30_000);

  it('give the same numbers every time, other ones for other batches', () => {
    for (const workload of WORKLOADS) {
      if (workload.kind !== 'training' || workload.large) continue;
      expect(initialModel(workload)).toEqual(initialModel(workload));
      expect(batchOf(workload, 1)).toEqual(batchOf(workload, 1));
      expect(batchOf(workload, 1)).not.toEqual(batchOf(workload, 2));
    }
  }, 30_000);
});
