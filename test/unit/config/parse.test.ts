import { describe, expect, it } from 'vitest';
import { LatheError } from '../../../src/base/errors';
import { checkConfig, parseConfig } from '../../../src/config/parse';

const problems = (input: unknown): string[] => {
  const result = checkConfig(input);
  return result.ok ? [] : result.problems.map((problem) => problem.message);
};

describe('run config', () => {
  it('takes one target or a list of them', () => {
    expect(parseConfig({ data: { target: ['a', 'b'] } }).data.target).toEqual(['a', 'b']);
    expect(parseConfig({ data: { target: 'a' } }).data.target).toBe('a');
  });

  it('fills in every default, so that an empty document is a complete config', () => {
    const config = parseConfig({});
    expect(config.model).toEqual({ architecture: 'mlp', hidden: [256, 128], activation: 'relu', dropout: 0 });
    expect(config.training.optimizer).toMatchObject({ name: 'adamw', learning_rate: 1e-3, weight_decay: 1e-4 });
    expect(config.training.schedule).toMatchObject({ name: 'cosine', warmup_steps: null });
    expect(config.training.early_stopping).toEqual({ monitor: 'val_loss', patience: 10, min_delta: 1e-4 });
    expect(config.data.split).toEqual({ validation: 0.1, test: 0.1, stratify: true, fold: null });
    expect(config.reproducibility.seed).toBe(42);
    expect(parseConfig(null)).toEqual(config);
  });

  it('does not merge the defaults of one architecture or optimizer into another', () => {
    const config = parseConfig({ model: { architecture: 'cnn' }, training: { optimizer: { name: 'sgd' } } });
    expect(config.model).toEqual({
      architecture: 'cnn',
      filters: [16, 32],
      kernel_size: 3,
      activation: 'relu',
      dropout: 0,
      head: 'flatten',
    });
    expect(config.training.optimizer).not.toHaveProperty('beta1');
    expect(problems({ model: { architecture: 'cnn', hidden: [4] } })).toEqual([
      expect.stringContaining('model.hidden is not a key of the config'),
    ]);
  });

  it('names an unknown key and the one that was probably meant', () => {
    expect(problems({ training: { epoch: 3 } })).toEqual([
      'training.epoch is not a key of the config; did you mean epochs?',
    ]);
    expect(problems({ model: { architecture: 'mlp', drop_out: 0.1 } })[0]).toContain('did you mean dropout?');
  });

  it('names key, value and expectation of a wrong type', () => {
    expect(problems({ training: { epochs: 'many' } })).toEqual(['training.epochs is "many"; expected a number.']);
    expect(problems({ training: { epochs: 2.5 } })).toEqual(['training.epochs is 2.5; expected a whole number.']);
    expect(problems({ data: { split: { stratify: 'yes' } } })).toEqual([
      'data.split.stratify is "yes"; expected true or false.',
    ]);
    expect(problems({ model: { architecture: 'resnet' } })[0]).toBe(
      'model.architecture is "resnet"; expected linear, mlp, cnn, convnext, sequential or transformer.',
    );
    expect(problems({ training: 3 })).toEqual(['training is 3; expected a section of keys.']);
    expect(problems([1])).toEqual(['the document is a list; expected a section of keys.']);
    expect(problems({ training: [] })).toEqual(['training is a list; expected a section of keys.']);
  });

  it('takes a word for a batch size that is to be found', () => {
    expect(parseConfig({ training: { batch_size: 'auto' } }).training.batch_size).toBe('auto');
    expect(problems({ training: { batch_size: 'many' } })).toEqual([
      'training.batch_size is "many"; expected (number | "auto").',
    ]);
  });

  it('refuses batch_size 0, NaN and infinite numbers', () => {
    expect(problems({ training: { batch_size: 0 } })).toEqual(['training.batch_size is 0; expected 1 or more.']);
    expect(problems({ training: { optimizer: { name: 'sgd', learning_rate: Infinity } } })).toEqual([
      'training.optimizer.learning_rate is Infinity; expected a finite number.',
    ]);
    expect(problems({ training: { l2: NaN } })).toHaveLength(1);
  });

  it('reports all problems of a document together', () => {
    const bad = { training: { batch_size: 0, epochs: 'x' }, dta: {} };
    expect(problems(bad)).toHaveLength(3);
    try {
      parseConfig(bad, 'run.yaml');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(LatheError);
      if (error instanceof LatheError) {
        expect(error.kind).toBe('config');
        expect(error.details).toHaveLength(3);
        expect(error.message).toMatch(/^run\.yaml: /);
      }
    }
  });
});
