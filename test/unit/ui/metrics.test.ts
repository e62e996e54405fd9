import { expect, it } from 'vitest';
import { betterOf, formatMetric, groupMetrics, metricTitle, splitMetric } from '../../../src/ui/metrics';

it('tells a metric from its split', () => {
  expect(splitMetric('val_accuracy')).toEqual({ split: 'val', base: 'accuracy' });
  expect(splitMetric('learning_rate')).toEqual({ split: null, base: 'learning_rate' });
  expect(splitMetric('loss')).toEqual({ split: null, base: 'loss' });
});

it('names metrics as people do', () => {
  expect(['val_accuracy', 'train_loss', 'val_r2', 'test_f1', 'val_mae', 'gradient_norm'].map(metricTitle)).toEqual([
    'Val accuracy',
    'Train loss',
    'Val R²',
    'Test F1',
    'Val MAE',
    'Gradient norm',
  ]);
});

it('shows each in its own unit, and unknown ones as numbers', () => {
  expect(formatMetric('val_accuracy', 0.5)).toContain('%');
  expect(formatMetric('val_loss', 0.5)).toBe('0.5');
  expect(formatMetric('val_top5', 0.25)).toBe('0.25');
  expect(formatMetric('system/cpu_percent', 25)).toMatch(/^25.0.%$/);
  expect(formatMetric('system/cpu_pressure', 2)).toBe('serious');
  expect(formatMetric('system/page_memory_bytes_peak', 2e6)).toMatch(/^2.MB$/);
});

it('puts the curves of a metric into one chart, quality before machine, training before validation', () => {
  const { main, machine, system } = groupMetrics([
    'system/storage_percent',
    'system/cpu_percent',
    'gradient_norm',
    'val_accuracy',
    'val_loss',
    'train_accuracy',
    'train_loss',
    'learning_rate',
  ]);
  expect(main.map(({ id, metrics }) => [id, metrics])).toEqual([
    ['loss', ['train_loss', 'val_loss']],
    ['accuracy', ['train_accuracy', 'val_accuracy']],
  ]);
  expect(machine.map(({ id }) => id)).toEqual(['learning_rate', 'gradient_norm']);
  expect(system.map(({ id }) => id)).toEqual(['system/cpu_percent', 'system/storage_percent']);
});

it('knows which of two values is better', () => {
  expect(betterOf('val_loss', 0.5, 0.4)).toBe(0.4);
  expect(betterOf('val_loss', 0.4, 0.5)).toBe(0.4);
  expect(betterOf('val_accuracy', 0.5, 0.9)).toBe(0.9);
  expect(betterOf('val_accuracy', undefined, 0.1)).toBe(0.1);
  expect(betterOf('val_loss', 0.4, NaN)).toBe(0.4);
});
