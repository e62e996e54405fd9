import { expect, test } from 'vitest';
import { readMetrics } from '../../../src/store/metrics';
import { eventsOf, freshDatabase, sit, storeRun, syntheticData } from './fixture';

test('a classifier learns, and its row says how well', async () => {
  const database = await freshDatabase();
  const run = await storeRun(database, {
    model: { architecture: 'mlp', hidden: [16] },
    training: { epochs: 12, batch_size: 16, optimizer: { name: 'adamw', learning_rate: 0.01 } },
  });
  const { events, row } = await sit(database, run.id, syntheticData());

  expect(row.status).toBe('finished');
  expect(row.step).toBe(12 * 6);
  expect(row.metrics?.test.accuracy).toBeGreaterThan(0.8);
  expect(row.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(row.confusion.test?.matrix.flat().reduce((sum, count) => sum + count)).toBe(18);
  expect(row.backend?.backend).toBe('webgpu');
  expect(eventsOf(events, 'evaluated').filter(({ split }) => split === 'val')).toHaveLength(12);
  const curves = await readMetrics(database, run.id, ['train_loss', 'val_accuracy']);
  expect(curves.map(({ steps }) => steps.length)).toEqual([72, 12]);
});
