import { expect, it } from 'vitest';
import { BatchSampler, epochOrder } from '../../../src/data/sampler';

const indices = Uint32Array.from({ length: 10 }, (_, i) => i + 100);

it('shuffles by seed and epoch alone', () => {
  const order = epochOrder(indices, 5, 2);
  expect([...order].sort()).toEqual([...indices]);
  expect(order).toEqual(epochOrder(indices, 5, 2));
  expect(order).not.toEqual(epochOrder(indices, 5, 3));
  expect(order).not.toEqual(epochOrder(indices, 6, 2));
});

it('deals every example once an epoch, the last batch short', () => {
  const sampler = new BatchSampler(indices, 4, 5);
  const epochs = [0, 1].map(() => Array.from({ length: sampler.batchesPerEpoch }, () => sampler.next()));
  for (const epoch of epochs) {
    expect(epoch.map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect(epoch.flatMap((batch) => [...batch]).sort()).toEqual([...indices]);
  }
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect(sampler.cursor).toEqual({ epoch: 2, batch: 0 });
});

it('goes on from a cursor as if it had never stopped', () => {
  const whole = new BatchSampler(indices, 3, 5);
  for (let i = 0; i < 6; i++) whole.next();
  const resumed = new BatchSampler(indices, 3, 5, whole.cursor);
  for (let i = 0; i < 9; i++) expect(resumed.next()).toEqual(whole.next());
});
