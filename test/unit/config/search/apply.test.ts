import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../src/config/parse';
import { trialConfig } from '../../../../src/config/search/apply';

const SEARCH = {
  enabled: true,
  search_space: { 'training.optimizer.learning_rate': { type: 'float', low: 1e-4, high: 0.1, log: true } },
};

const config = (document: object) =>
  parseConfig({ name: 'digits', ...document, optimization: { hyperparameter_search: SEARCH } });

describe('the config of a trial', () => {
  it('is a plain run with the values in it', () => {
    const study = config({ training: { epochs: 3 }, model: { hidden: [32, 16] } });
    const trial = trialConfig(study, {
      'training.optimizer.learning_rate': 0.05,
      'model.hidden.1': 8,
      'model.dropout': 0.25,
    });
    expect(trial).toEqual(
      parseConfig({
        name: 'digits',
        training: { epochs: 3, optimizer: { learning_rate: 0.05 } },
        model: { hidden: [32, 8], dropout: 0.25 },
      }),
    );
    expect(study.model).toMatchObject({ hidden: [32, 16], dropout: 0 });
  });

  it('keeps what was written when the optimizer changes, and takes the defaults of the new one for the rest', () => {
    const study = config({ training: { optimizer: { name: 'adamw', weight_decay: 0.02, beta2: 0.95 } } });
    expect(trialConfig(study, { 'training.optimizer.name': 'sgd' }).training.optimizer).toEqual({
      name: 'sgd',
      learning_rate: 0.01,
      momentum: 0,
      nesterov: false,
      weight_decay: 0.02,
    });
    expect(trialConfig(study, { 'training.optimizer.name': 'lion' }).training.optimizer).toMatchObject({
      learning_rate: 1e-4,
      weight_decay: 0.02,
      beta1: 0.9,
      beta2: 0.95,
    });
    expect(trialConfig(study, { 'training.optimizer.name': 'adamw' }).training.optimizer).toEqual(
      study.training.optimizer,
    );
  });

  it('applies what chooses a variant before what reaches into it', () => {
    const trial = trialConfig(config({}), {
      'training.optimizer.momentum': 0.9,
      'training.optimizer.name': 'sgd',
      'model.filters.1': 24,
      'model.kernel_size': 5,
      'model.architecture': 'cnn',
      'training.schedule.gamma': 0.5,
      'training.schedule.name': 'step',
    });
    expect(trial.training.optimizer).toMatchObject({ name: 'sgd', momentum: 0.9, learning_rate: 0.01 });
    expect(trial.model).toMatchObject({ architecture: 'cnn', filters: [16, 24], kernel_size: 5 });
    expect(trial.training.schedule).toMatchObject({ name: 'step', gamma: 0.5, every_epochs: 10 });
  });

  it('drops what the new variant means differently', () => {
    const study = config({ model: { architecture: 'transformer', layers: 4, dropout: 0.3 } });
    expect(trialConfig(study, { 'model.architecture': 'sequential' }).model).toEqual(
      parseConfig({ model: { architecture: 'sequential' } }).model,
    );
    expect(trialConfig(study, { 'model.architecture': 'mlp' }).model).toMatchObject({ dropout: 0.3 });
  });

  it('turns a list of widths into a width and a depth', () => {
    const study = config({ model: { hidden: [64, 32, 16] } });
    expect(trialConfig(study, { 'model.hidden.width': 48 }).model).toMatchObject({ hidden: { width: 48, depth: 3 } });
    expect(trialConfig(study, { 'model.hidden.depth': 1 }).model).toMatchObject({ hidden: { width: 64, depth: 1 } });
  });

  it('switches on a section that is off', () => {
    const study = config({ training: { gradient_clip: null } });
    expect(trialConfig(study, { 'training.gradient_clip.norm': 0.5 }).training.gradient_clip).toEqual({ norm: 0.5 });
  });

  it('changes the kind of a layer in a row', () => {
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 9 }, { type: 'dropout', rate: 0.1 }];
    const study = config({ model: { architecture: 'sequential', layers } });
    const trial = trialConfig(study, { 'model.layers.1.units': 5, 'model.layers.2.type': 'layer_normalization' });
    expect(trial.model).toMatchObject({ layers: [{ type: 'flatten' }, { units: 5 }, { type: 'layer_normalization' }] });
  });

  it('refuses values that do not fit, by their key', () => {
    expect(() => trialConfig(config({}), { 'model.dropout': 2 })).toThrow('model.dropout is 2; expected 0.95 or less.');
    expect(() => trialConfig(config({}), { 'model.hidden.7': 2 })).toThrow('model.hidden.7');
    expect(() => trialConfig(config({}), { 'training.optimizer.name': 'adamm' })).toThrow('Did you mean adam?');
    expect(() => trialConfig(config({}), { 'training.optimizer.momentum': 0.5 })).toThrow('not a key of the config');
  });
});
