/** Versions of a registered model side by side. */
import { expect, it } from 'vitest';
import {
  differingData,
  differingMetrics,
  differingParams,
  headlines,
  remoteTitle,
} from '../../../../../../src/ui/pages/models/registry/compare';
import { versionOf } from '../../../../../helpers/memory-tracking';

it('a list shows metrics of unseen data, those of the test first', () => {
  const metrics = {
    loss: 1,
    'system/cpu_percent': 9,
    val_loss: 1,
    val_accuracy: 1,
    'best/val_loss': 1,
    'test/loss': 1,
  };
  expect(headlines([versionOf('1', { metrics }), versionOf('2', { metrics: {} })])).toEqual([
    'test/loss',
    'val_accuracy',
    'val_loss',
  ]);
});

it('a model is judged by its own values, not by the last ones of its run', () => {
  const metrics = { val_loss: 2, 'val/loss': 1, val_accuracy: 0.5, step_ms: 3 };
  expect(headlines([versionOf('1', { metrics })])).toEqual(['val_accuracy', 'val/loss']);
  expect(differingMetrics(versionOf('1', { metrics: {} }), versionOf('2', { metrics }))).toMatchObject([
    { metric: 'step_ms' },
    { metric: 'val/loss' },
    { metric: 'val_accuracy' },
  ]);
});

it('data that differ are told apart by name, or by content', () => {
  const of = (dataset: { name: string; hash: string } | null) => versionOf('1', { dataset });
  const [one, other] = [
    { name: 'digits', hash: '0123456789' },
    { name: 'digits', hash: '9876543210' },
  ];
  expect(differingData(of(one), of({ ...one, name: 'renamed' }))).toBeNull();
  expect(differingData(of(one), of(null))).toBeNull();
  expect(differingData(of(one), of(other))).toEqual(['digits 01234567', 'digits 98765432']);
  expect(differingData(of(one), of({ ...other, name: 'letters' }))).toEqual(['digits', 'letters']);
});

it('metrics are called as in this browser', () => {
  expect(['test/accuracy', 'best/val_loss', 'loss', 'seconds'].map(remoteTitle)).toEqual([
    'Test accuracy',
    'Best val loss',
    'Loss',
    'Seconds',
  ]);
});

it('only what differs is compared, and the better value told by the metric’s own direction', () => {
  const a = versionOf('1', {
    metrics: { val_loss: 2, val_accuracy: 0.5, step_ms: 4, f1: 1 },
    params: { seed: '1', a: 'x' },
  });
  const b = versionOf('2', {
    metrics: { val_loss: 1, val_accuracy: 0.4, step_ms: 3, f1: 1 },
    params: { seed: '1', b: 'y' },
  });
  expect(differingMetrics(a, b)).toEqual([
    { metric: 'step_ms', values: [4, 3], better: null },
    { metric: 'val_accuracy', values: [0.5, 0.4], better: 0 },
    { metric: 'val_loss', values: [2, 1], better: 1 },
  ]);
  expect(differingParams(a, b)).toEqual([
    { key: 'a', values: ['x', undefined] },
    { key: 'b', values: [undefined, 'y'] },
  ]);
});
