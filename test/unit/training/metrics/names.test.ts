import { expect, test } from 'vitest';
import { better, direction, resolveMonitor } from '../../../../src/training/metrics/names';

test('which way a metric is better', () => {
  expect(['val_loss', 'test_mae', 'train_rmse'].map(direction)).toEqual(['min', 'min', 'min']);
  expect(['val_accuracy', 'f1', 'train_r2'].map(direction)).toEqual(['max', 'max', 'max']);
  expect(direction('learning_rate')).toBeNull();
  expect(better('val_loss', 1, 2)).toBe(true);
  expect(better('val_loss', 1.95, 2, 0.1)).toBe(false);
  expect(better('val_f1', 2.2, 2, 0.1)).toBe(true);
  expect(better('val_f1', NaN, 0)).toBe(false);
  expect(better('val_f1', 0, NaN)).toBe(true);
});

test('a monitor falls back to the training split, and an unknown one names those there are', () => {
  expect(resolveMonitor('val_f1', 'k', 'classification', true)).toBe('val_f1');
  expect(resolveMonitor('val_r2', 'k', 'regression', false)).toBe('train_r2');
  expect(() => resolveMonitor('val_accuracy', 'training.checkpoints.monitor', 'regression', false)).toThrow(
    'training.checkpoints.monitor: no run of this task logs the metric val_accuracy. There are train_loss, train_mae, train_rmse, train_r2.',
  );
});
