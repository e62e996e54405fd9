import { expect, it } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import {
  decodeTrialMessage,
  encodeTrialMessage,
  MOST_SLOTS,
  sentence,
  type TrialMessage,
} from '../../../../src/peers/room/trial-messages';
import { blobsOfRun } from '../../../../src/peers/room/trial-run';
import type { SentRun } from '../../../../src/peers/room/trial-run-schema';

const HASH = 'ab'.repeat(32);

const run: SentRun = {
  course: {
    status: 'diverged',
    reason: 'The loss is not finite.',
    backend: { backend: 'webgpu', adapter: 'google swiftshader', software: true, reason: 'There is no other.' },
    model: {
      architecture: 'mlp',
      input_shape: [2],
      outputs: 2,
      layers: [{ name: 'dense', type: 'dense', output_shape: [8], parameters: 24 }],
      parameters: 42,
      trainable_parameters: 42,
      training_bytes: 4096,
    },
    preprocessing: {
      version: 1,
      task: 'classification',
      input_shape: [2],
      inputs: {
        kind: 'table',
        columns: [
          { name: 'x', role: 'number', mean: 0.1, std: 1 / 3, missing_indicator: false },
          { name: 'kind', role: 'category', values: ['a', 'b'] },
        ],
        decimal_comma: false,
      },
      target: ['place'],
      classes: ['inside', 'outside'],
      target_scale: null,
    },
    epoch: 2,
    step: 16,
    total_steps: 48,
    seconds: 1.25,
    samples_per_second: 4000,
    latest: { train_loss: NaN, val_loss: Infinity, learning_rate: 0.1 + 0.2 },
    best: { val_loss: -0 + 5e-324 },
    metrics: null,
    confusion: {
      val: {
        labels: ['inside', 'outside'],
        matrix: [
          [1, 2],
          [3, 4],
        ],
      },
      test: null,
    },
    weights_sha256: HASH,
    notices: [{ level: 'warning', message: 'It is small.' }],
  },
  log: [{ at: 1, level: 'info', message: 'It began.' }],
  curves: { blob: { hash: HASH, bytes: 48 }, series: [{ metric: 'val_loss', points: 2 }] },
  checkpoint: null,
};

const messages: TrialMessage[] = [
  { type: 'hiring' },
  { type: 'offer', slots: MOST_SLOTS },
  { type: 'hired' },
  {
    type: 'train',
    order: {
      ticket: 7,
      trial: 3,
      config: parseConfig({}),
      objectives: [{ metric: 'val_loss', direction: 'minimize' }],
      value: 'best',
      reports: true,
    },
  },
  { type: 'report', ticket: 7, epoch: 1, value: 0.1 + 0.2 },
  { type: 'report', ticket: 7, epoch: 2, value: NaN },
  { type: 'verdict', ticket: 7, epoch: 2, prune: 'It is above the median.' },
  { type: 'leave', ticket: 7, how: 'drop' },
  { type: 'result', ticket: 7, run },
  { type: 'received', ticket: 7 },
  { type: 'given_back', ticket: 7, reason: 'There is no device.' },
  { type: 'dismissed', reason: 'The study is finished.', back: false },
  { type: 'alive' },
];

it.each(messages)('come as they went: $type', (message) => {
  expect(decodeTrialMessage(encodeTrialMessage(message))).toEqual(message);
});

it.each<[string, unknown]>([
  ['no JSON', '{'],
  ['no message', { type: 'lead' }],
  ['too many slots', { type: 'offer', slots: MOST_SLOTS + 1 }],
  ['no whole number', { type: 'received', ticket: 0.5 }],
  ['a ticket below zero', { type: 'received', ticket: -1 }],
  ['a long sentence', { type: 'given_back', ticket: 1, reason: 'a'.repeat(501) }],
  ['a value that is none', { type: 'report', ticket: 1, epoch: 1, value: 'much' }],
  ['a run that goes on', { type: 'result', ticket: 1, run: { ...run, course: { ...run.course, status: 'running' } } }],
  [
    'a hash that is none',
    { type: 'result', ticket: 1, run: { ...run, curves: { ...run.curves, blob: { hash: 'x', bytes: 48 } } } },
  ],
  [
    'a log without end',
    { type: 'result', ticket: 1, run: { ...run, log: Array.from({ length: 1001 }, () => run.log[0]) } },
  ],
])('are not read where they are %s', (_what, content) => {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  expect(decodeTrialMessage(new TextEncoder().encode(text))).toBeNull();
});

it('are not read where they are too long', () => {
  const long = new TextEncoder().encode(JSON.stringify({ type: 'hiring' }).padEnd(33 * 2 ** 20));
  expect(decodeTrialMessage(long)).toBeNull();
});

it('hold sentences of any length', () => {
  expect(sentence('short')).toBe('short');
  expect(sentence('a'.repeat(900))).toHaveLength(500);
});

it('tell curves of the length that they are', () => {
  expect(blobsOfRun(run)).toEqual([{ hash: HASH, bytes: 48 }]);
  const curves = { ...run.curves, series: [{ metric: 'val_loss', points: 3 }] };
  expect(() => blobsOfRun({ ...run, curves })).toThrow('not as long as it says');
  const twice = { blob: { hash: HASH, bytes: 96 }, series: [run.curves.series[0], run.curves.series[0]] };
  expect(() => blobsOfRun({ ...run, curves: twice })).toThrow();
});
