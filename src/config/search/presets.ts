/** Search spaces to begin with: what usually matters for an architecture, in ranges that usually hold the best. */
import type { LayerSettings } from '../architectures/sequential';
import type { RunConfig } from '../schema';
import type { SearchSpaceInput } from './space';

/** Settings of the optimizer. All of these optimizers have a weight decay, and each takes a rate somewhere in the range. */
const OPTIMIZER: SearchSpaceInput = {
  'training.optimizer.name': { type: 'categorical', choices: ['adamw', 'sgd', 'lion'] },
  'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 0.1, log: true },
  'training.optimizer.momentum': {
    type: 'float',
    low: 0,
    high: 0.99,
    step: 0.01,
    when: { 'training.optimizer.name': 'sgd' },
  },
  'training.optimizer.weight_decay': { type: 'float', low: 1e-6, high: 0.1, log: true },
};

/** Large networks of attention or many blocks are trained with AdamW: a search spends its trials elsewhere. */
const ADAMW: SearchSpaceInput = {
  'training.optimizer.learning_rate': { type: 'float', low: 1e-5, high: 1e-2, log: true },
  'training.optimizer.weight_decay': { type: 'float', low: 1e-5, high: 0.1, log: true },
};

const BATCH: SearchSpaceInput = { 'training.batch_size': { type: 'categorical', choices: [16, 32, 64, 128, 256] } };

const dropout = (high: number): SearchSpaceInput => ({ 'model.dropout': { type: 'float', low: 0, high, step: 0.05 } });

/** A search space that suits the architecture of `config`; its keys are those that the config has. */
export function presetSpace(config: RunConfig): SearchSpaceInput {
  const { model } = config;
  switch (model.architecture) {
    case 'linear':
      return { ...OPTIMIZER, ...BATCH };
    case 'mlp':
      return {
        ...OPTIMIZER,
        ...BATCH,
        'model.hidden.width': { type: 'int', low: 16, high: 512, log: true },
        'model.hidden.depth': { type: 'int', low: 1, high: 4 },
        'model.activation': { type: 'categorical', choices: ['relu', 'gelu', 'swish'] },
        ...dropout(0.5),
      };
    case 'cnn':
      return {
        ...OPTIMIZER,
        ...BATCH,
        'model.filters.width': { type: 'int', low: 8, high: 64, log: true },
        // Every block halves the image: three leave one pixel of eight.
        'model.filters.depth': { type: 'int', low: 1, high: 3 },
        'model.kernel_size': { type: 'categorical', choices: [3, 5] },
        'model.head': { type: 'categorical', choices: ['flatten', 'global_average'] },
        ...dropout(0.5),
      };
    case 'convnext':
      return {
        ...adamwOf(config),
        ...BATCH,
        'model.size': { type: 'categorical', choices: ['atto', 'femto', 'pico'] },
        'model.layer_scale': { type: 'float', low: 1e-6, high: 1, log: true },
      };
    case 'transformer':
      return {
        ...adamwOf(config),
        ...BATCH,
        'model.layers': { type: 'int', low: 1, high: 6 },
        // A width is a multiple of the heads, whichever of these.
        'model.width': { type: 'int', low: 32, high: 256, step: 32 },
        'model.heads': { type: 'categorical', choices: [2, 4, 8] },
        ...dropout(0.3),
      };
    case 'sequential':
      return {
        ...OPTIMIZER,
        ...BATCH,
        ...Object.fromEntries(model.layers.flatMap((layer, i) => Object.entries(ofLayer(layer, `model.layers.${i}`)))),
      };
  }
}

/** The space of AdamW, which is chosen where the config has another optimizer. */
function adamwOf({ training }: RunConfig): SearchSpaceInput {
  if (training.optimizer.name === 'adamw') return ADAMW;
  return { 'training.optimizer.name': { type: 'categorical', choices: ['adamw'] }, ...ADAMW };
}

/** Settings of one layer of a row: sizes around the present ones. */
function ofLayer(layer: LayerSettings, key: string): SearchSpaceInput {
  switch (layer.type) {
    case 'dense':
      return { [`${key}.units`]: { type: 'int', ...around(layer.units, 65_536), log: true } };
    case 'conv2d':
      return { [`${key}.filters`]: { type: 'int', ...around(layer.filters, 4_096), log: true } };
    case 'dropout':
      return { [`${key}.rate`]: { type: 'float', low: 0, high: 0.5, step: 0.05 } };
    default:
      return {};
  }
}

/** From a quarter to four times `size`, within what the config takes. */
const around = (size: number, most: number): { low: number; high: number } => ({
  low: Math.max(1, Math.floor(size / 4)),
  high: Math.min(most, size * 4),
});
