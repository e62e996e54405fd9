import { test } from 'vitest';
import { shareDevice } from '../../share-device';
import { decoder, mlp, type Variation } from './models';
import { expectRecordedAsEager } from './recorded-as-eager';

shareDevice();

const lastSize = (step: number): number => (step % 3 === 2 ? 4 : 11);
const VARIATIONS: Record<string, Variation> = {
  'a short batch now and then': { lastSize },
  'gradient accumulation whose last batch is short': { accumulation: 3, lastSize },
  'clipping, L2 penalty and moving average': { options: { clip: 0.05, l2: 0.01, ema: 0.9 } },
  'loss scaling and halves': {
    options: { mixed: { storage: 'packed', lossScale: { initial: 1024, growth: 2, backoff: 0.5, interval: 3 } } },
  },
  'accumulation, clipping, penalty and loss scaling at once': {
    accumulation: 2,
    options: {
      clip: 0.1,
      l2: 0.01,
      mixed: { storage: 'float32', lossScale: { initial: 2 ** 127, growth: 2, backoff: 2 ** -60, interval: 3 } },
    },
  },
};
test.each(Object.entries(VARIATIONS))('recorded and eager steps agree with dropout and %s', (_name, variation) =>
  expectRecordedAsEager(mlp({ dropout: 0.4 }), { steps: 6, ...variation }),
);

test('recorded and eager steps agree with recomputed blocks and dropout', () =>
  expectRecordedAsEager(decoder({ dropout: 0.2 }), { steps: 4, options: { recompute: true } }));
