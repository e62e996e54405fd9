import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../../src/config/parse';

const KEY = 'optimization.hyperparameter_search';
const RATE = { 'training.optimizer.learning_rate': { type: 'float', low: 1e-4, high: 0.1, log: true } };

/** Problems of a config with a search of `settings`. */
const problems = (settings: object, rest: object = {}) => {
  const result = checkConfig({
    ...rest,
    optimization: { hyperparameter_search: { enabled: true, search_space: RATE, ...settings } },
  });
  return result.ok ? [] : result.problems;
};

const ofSpace = (space: object, rest: object = {}) => problems({ search_space: space }, rest);

/** Key (under the search space) and what the message says. */
const expectOne = (found: ReturnType<typeof problems>, key: string, sentence: string): void => {
  expect(found.map((problem) => problem.key)).toEqual([key]);
  expect(found[0].message).toContain(sentence);
};

describe('the search of a config', () => {
  it('that makes sense has no problems', () => {
    expect(
      ofSpace({
        ...RATE,
        'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw', 'lion'] },
        'training.optimizer.momentum': {
          type: 'float',
          low: 0,
          high: 0.99,
          step: 0.01,
          when: { 'training.optimizer.name': 'sgd' },
        },
        'training.optimizer.nesterov': { type: 'bool', when: { 'training.optimizer.name': ['sgd'] } },
        'training.optimizer.beta1': {
          type: 'float',
          low: 0.8,
          high: 0.99,
          when: { 'training.optimizer.name': ['adamw', 'lion'] },
        },
        'model.hidden.0': { type: 'int', low: 16, high: 512, log: true },
        'model.dropout': { type: 'float', low: 0, high: 0.5 },
        'training.batch_size': { type: 'categorical', choices: [32, 64, 'auto'] },
        'training.schedule.name': { type: 'categorical', choices: ['constant', 'cosine'] },
        'training.schedule.warmup_steps': { type: 'categorical', choices: [null, 0, 100] },
        'training.gradient_clip.norm': { type: 'float', low: 0.1, high: 10, log: true },
        'training.class_weights': { type: 'categorical', choices: [null, 'balanced'] },
        'reproducibility.seed': { type: 'int', low: 0, high: 100 },
      }),
    ).toEqual([]);
    expect(ofSpace({ 'model.hidden': { type: 'categorical', choices: [[64], [128, 64]] } })).toEqual([]);
    expect(ofSpace({ 'model.hidden.width': { type: 'int', low: 8, high: 64 } })).toEqual([]);
  });

  it('that is not enabled is not looked into', () => {
    expect(checkConfig({ optimization: { hyperparameter_search: { enabled: false } } }).ok).toBe(true);
  });

  it('needs a key to search', () => {
    expectOne(ofSpace({}), `${KEY}.search_space`, `${KEY}.search_space is empty. Name a key to search`);
  });

  it('reports all problems together', () => {
    const found = problems({
      search_space: {
        'model.dropout': { type: 'float', low: 0.5, high: 0.1 },
        'model.drop': { type: 'bool' },
        'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'sgd', 'adamm'] },
        'training.l2': { type: 'float', low: 0, high: 1, log: true },
      },
      constraints: ['1 <'],
      metric: 'accuracy',
      pruner: 'threshold',
    });
    expect(found.map(({ key }) => key)).toEqual([
      `${KEY}.search_space.model.dropout.low`,
      `${KEY}.search_space.model.drop`,
      `${KEY}.search_space.training.optimizer.name.choices.1`,
      `${KEY}.search_space.training.optimizer.name.choices.2`,
      `${KEY}.search_space.training.l2.low`,
      `${KEY}.constraints.0`,
      `${KEY}.pruner`,
      `${KEY}.metric`,
    ]);
  });
});

describe('a range', () => {
  const one = (spec: object, key: string, sentence: string, name = 'training.l2'): void =>
    expectOne(ofSpace({ [name]: spec }), `${KEY}.search_space.${name}.${key}`, sentence);

  it('is refused where it holds nothing', () => {
    one({ type: 'float', low: 2, high: 1 }, 'low', 'is 2, above high, which is 1. Swap them.');
    one({ type: 'categorical', choices: [] }, 'choices', 'is empty.');
    one({ type: 'categorical', choices: [0, 1, 0] }, 'choices.2', 'is 0, which is a choice already. Remove one.');
  });

  it('has a logarithm only above zero, and no steps with it', () => {
    one({ type: 'float', low: 0, high: 1, log: true }, 'low', 'is 0, and log needs values above 0.');
    one({ type: 'float', low: -1, high: 1, log: true }, 'low', 'is -1, and log needs values above 0.');
    one({ type: 'float', low: 1, high: 2, log: true, step: 0.1 }, 'step', 'a range with log has no steps');
    one(
      { type: 'int', low: 1, high: 9, log: true, step: 2 },
      'step',
      'a range with log has no steps',
      'model.hidden.0',
    );
  });

  it('of a wrong shape is told by its key, which has dots', () => {
    one(
      { type: 'flaot', low: 1, high: 2 },
      'type',
      'is "flaot"; expected float, int, categorical or bool. Did you mean float?',
    );
    one({ type: 'float', high: 2 }, 'low', 'training.l2.low is missing; expected a number.');
    one({ low: 1, high: 2 }, 'type', 'is missing; expected float, int, categorical or bool.');
    one({ type: 'int', low: 1.5, high: 2 }, 'low', 'is 1.5; expected a whole number.');
    one({ type: 'float', low: 'a', high: 2 }, 'low', 'is "a"; expected a number.');
    one({ type: 'categorical', choices: 3 }, 'choices', 'is 3; expected a list.');
    one({ type: 'bool', hgih: 3 }, 'hgih', 'is not a key of the config; did you mean high?');
    expectOne(ofSpace({ 'training.l2': [0, 1] }), `${KEY}.search_space.training.l2`, 'is a list; expected a section');
    expectOne(ofSpace({ 'training.l2': 3 }), `${KEY}.search_space.training.l2`, 'is 3; expected a section of keys.');
  });

  it('holds only what the config takes', () => {
    one(
      { type: 'float', low: 0, high: 1.5 },
      'high',
      'is 1.5, which the config refuses: model.dropout is 1.5; expected 0.95 or less.',
      'model.dropout',
    );
    one({ type: 'int', low: 0, high: 5 }, 'low', 'training.epochs is 0; expected 1 or more.', 'training.epochs');
    one({ type: 'bool' }, 'type', 'training.epochs is true; expected a number.', 'training.epochs');
    expect(ofSpace({ 'data.split.stratify': { type: 'int', low: 0, high: 1 } }).map(({ message }) => message)).toEqual([
      expect.stringContaining('data.split.stratify is 0; expected true or false.'),
      expect.stringContaining('data.split.stratify is 1; expected true or false.'),
    ]);
    one(
      { type: 'categorical', choices: ['sgd', 'adamm'] },
      'choices.1',
      'expected sgd, adam, adamw or lion. Did you mean adam?',
      'training.optimizer.name',
    );
    one(
      { type: 'categorical', choices: [[8], [8, 0]] },
      'choices.1',
      'model.hidden.1 is 0; expected 1 or more.',
      'model.hidden',
    );
    // The last step does not reach 1.
    expect(ofSpace({ 'model.dropout': { type: 'float', low: 0, high: 1, step: 0.3 } })).toEqual([]);
  });

  it('of whole numbers is no float', () => {
    one({ type: 'float', low: 16, high: 512 }, 'type', 'expected a whole number. Set type to int', 'model.hidden.0');
    one({ type: 'float', low: 16, high: 512, log: true }, 'type', 'Set type to int', 'training.batch_size');
    expect(ofSpace({ 'model.hidden.0': { type: 'float', low: 16, high: 512, step: 16 } })).toEqual([]);
  });
});

describe('a key of a search space', () => {
  const SPEC = { type: 'int', low: 1, high: 2 };
  const one = (key: string, sentence: string, spec: object = SPEC, others: object = {}, rest: object = {}): void =>
    expectOne(ofSpace({ [key]: spec, ...others }, rest), `${KEY}.search_space.${key}`, sentence);

  it('is one that the config has', () => {
    one('training.epoch', 'training.epoch is not a key of the config; did you mean training.epochs?');
    one('learning_rate', 'did you mean training.optimizer.learning_rate?');
    one('training.learning_rate', 'did you mean training.optimizer.learning_rate?');
    one('training.epochs.first', 'is not a key of the config');
    one(
      'model.filters',
      'model.filters is no key while model.architecture is "mlp"; it is one of cnn. Set model.architecture to cnn, or remove it.',
    );
    one('qqq.zzz', 'is not a key of the config. Remove it, or check its spelling.');
  });

  it('is one that differs between trials', () => {
    one('name', 'name cannot be searched, since a name changes nothing. Remove it.');
    for (const key of [
      'version',
      'data.dataset',
      'optimization.hyperparameter_search.n_trials',
      'logging.wandb.enabled',
      'registry.mlflow.tracking_uri',
      'data.split.fold.index',
      'training.distributed.enabled',
    ])
      one(key, `${key} cannot be searched`);
    expect(ofSpace({ 'reproducibility.seed': SPEC })).toEqual([]);
  });

  it('is a setting, not a section', () => {
    one('training.optimizer', 'is a section of keys. Search training.optimizer.name, or other keys inside it.', {
      type: 'categorical',
      choices: ['sgd', 'adamw'],
    });
    one('training.gradient_clip', 'is a section of keys. Search keys inside it.');
  });

  it('is a position that the list has', () => {
    one('model.hidden.2', 'model.hidden has 2 entries, at positions 0 to 1.');
    one('model.hidden.0', 'model.hidden.width is searched too', SPEC, { 'model.hidden.width': SPEC });
    one('model.hidden.0', 'model.hidden is searched too', SPEC, {
      'model.hidden': { type: 'categorical', choices: [[1]] },
    });
    one(
      'model.layers.1.rate',
      'is no key while model.layers.1.type is "dense"; it is one of dropout.',
      SPEC,
      {},
      { model: { architecture: 'sequential' } },
    );
    expect(ofSpace({ 'model.layers.1.units': SPEC }, { model: { architecture: 'sequential' } })).toEqual([]);
  });

  it('that only some of the variants have, which may be drawn, needs a condition', () => {
    const optimizer = { 'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw'] } };
    const momentum = { type: 'float', low: 0, high: 0.9 };
    one(
      'training.optimizer.momentum',
      'is a key only while training.optimizer.name is sgd, and it may be "adamw". Add when: {training.optimizer.name: sgd}.',
      momentum,
      optimizer,
    );
    one(
      'training.optimizer.momentum',
      'is no key while training.optimizer.name is "adamw"; it is one of sgd.',
      momentum,
    );
    const beta = { 'training.optimizer.name': { type: 'categorical', choices: ['sgd', 'adamw', 'lion'] } };
    one('training.optimizer.beta1', 'Add when: {training.optimizer.name: [adamw, lion]}.', momentum, beta);
    // A condition on a condition counts.
    expect(
      ofSpace({
        ...optimizer,
        'training.optimizer.nesterov': { type: 'bool', when: { 'training.optimizer.name': 'sgd' } },
        'training.optimizer.momentum': { ...momentum, when: { 'training.optimizer.nesterov': true } },
      }),
    ).toEqual([]);
    // Where the choice is not always searched, the optimizer of the config holds in the other trials.
    one('training.optimizer.momentum', 'is a key only while', momentum, {
      'training.optimizer.name': { type: 'categorical', choices: ['sgd'], when: { 'training.l2': 1 } },
      'training.l2': SPEC,
    });
  });

  it('that has another range in another variant is held against both', () => {
    const found = ofSpace({
      'model.architecture': { type: 'categorical', choices: ['mlp', 'transformer'] },
      'model.dropout': { type: 'float', low: 0, high: 0.96 },
    });
    expectOne(found, `${KEY}.search_space.model.dropout.high`, 'expected 0.95 or less');
  });
});

describe('a condition', () => {
  const SPEC = { type: 'int', low: 1, high: 9, step: 2 };
  const one = (when: object, others: object, key: string, sentence: string): void =>
    expectOne(ofSpace({ 'training.epochs': { ...SPEC, when }, ...others }), `${KEY}.search_space.${key}`, sentence);

  it('names what is searched, and a value that it can take', () => {
    const others = { 'model.hidden.0': SPEC, 'data.split.stratify': { type: 'bool' } };
    one(
      { 'model.hidden.1': 1 },
      others,
      'training.epochs.when.model.hidden.1',
      'is not searched. Did you mean model.hidden.0?',
    );
    one({ 'training.l2': 1 }, others, 'training.epochs.when.training.l2', 'Add training.l2 to the search space');
    one(
      { 'model.hidden.0': 2 },
      others,
      'training.epochs.when.model.hidden.0',
      'is 2, which model.hidden.0 is never; it is searched in 1 to 9 by 2.',
    );
    one(
      { 'data.split.stratify': 'yes' },
      others,
      'training.epochs.when.data.split.stratify',
      'it is searched in true, false.',
    );
    one({ 'data.split.stratify': [] }, others, 'training.epochs.when.data.split.stratify', 'is empty');
    expect(ofSpace({ 'training.epochs': { ...SPEC, when: { 'model.hidden.0': [3, 5] } }, ...others })).toEqual([]);
  });

  it('does not go round in a circle', () => {
    const found = ofSpace({
      ...RATE,
      'model.hidden.0': { ...SPEC, when: { 'training.epochs': 1 } },
      'model.hidden.1': { ...SPEC, when: { 'model.hidden.0': 1 } },
      'training.epochs': { ...SPEC, when: { 'model.hidden.1': 1 } },
      'training.patience': { ...SPEC, when: { 'model.hidden.0': 1 } },
    });
    expect(found.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(
        'model.hidden.0 → training.epochs → model.hidden.1 → model.hidden.0. Remove one of them.',
      ),
    );
    expectOne(
      ofSpace({ 'training.epochs': { ...SPEC, when: { 'training.epochs': 1 } } }),
      `${KEY}.search_space.training.epochs.when`,
      'training.epochs → training.epochs',
    );
  });
});

describe('constraints', () => {
  const space = {
    'model.hidden.width': { type: 'int', low: 64, high: 512 },
    'model.hidden.depth': { type: 'int', low: 1, high: 8 },
  };
  const one = (constraints: string[], key: string, sentence: string): void =>
    expectOne(problems({ search_space: space, constraints }), `${KEY}.${key}`, sentence);

  it('that some trial meets are fine', () => {
    expect(problems({ search_space: space, constraints: ['model.hidden.width * model.hidden.depth <= 70'] })).toEqual(
      [],
    );
  });

  it('are refused where they cannot be read, or nothing meets them', () => {
    one(['1 < 2', 'model.hidden.width <'], 'constraints.1', 'cannot be read at column 21');
    one(['model.hidden.wdth < 3'], 'constraints.0', 'did you mean model.hidden.width?');
    one(['model.hidden.width * model.hidden.depth < 64'], 'constraints.0', 'is met by none of 2,000 draws');
    one(['model.hidden.width > 400', 'model.hidden.width < 300'], 'constraints', 'meets all of them together');
  });
});

describe('the sampler', () => {
  const steps = (count: number) => ({ type: 'float', low: 0, high: (count - 1) / 1000, step: 0.001 });

  it('grid takes only what has an end', () => {
    expectOne(
      problems({ sampler: 'grid' }),
      `${KEY}.search_space.training.optimizer.learning_rate.step`,
      'is a float without a step, of which a grid has no end. Give it a step, or choices.',
    );
    const many = Object.fromEntries(
      ['training.l2', 'model.dropout', 'data.split.test'].map((key) => [key, steps(100)]),
    );
    expectOne(
      problems({ sampler: 'grid', search_space: many }),
      `${KEY}.search_space`,
      'makes a grid of 1,000,000 points; 100,000 are the most.',
    );
    const billion = { ...many, 'training.epochs': { type: 'int', low: 1, high: 1000 } };
    expect(problems({ sampler: 'grid', search_space: billion })[0].message).toContain('1,000,000,000 points');
  });

  it('grid does not multiply what is not searched together', () => {
    const name = 'training.optimizer.name';
    const space = {
      [name]: { type: 'categorical', choices: ['sgd', 'adamw', 'lion'] },
      'training.optimizer.momentum': { ...steps(500), when: { [name]: 'sgd' } },
      'training.optimizer.beta1': { ...steps(500), when: { [name]: 'adamw' } },
      'training.l2': steps(99),
    };
    // 99 × (500 + 500 + 1)
    expect(problems({ sampler: 'grid', search_space: space })).toEqual([]);
    const more = { ...space, 'training.l2': steps(100) };
    expect(problems({ sampler: 'grid', search_space: more })[0].message).toContain('100,100 points');
  });

  it('grid is counted in no time, whatever the conditions', () => {
    const flags = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`training.class_weights.c${i}`, { type: 'int', low: 1, high: 2 }]),
    );
    const last = { type: 'bool', when: Object.fromEntries(Object.keys(flags).map((key) => [key, [1, 2]])) };
    const found = problems({ sampler: 'grid', search_space: { ...flags, 'data.split.stratify': last } });
    expect(found[0].message).toContain('2,199,023,255,552 points');
  });

  it('for one objective is not given several', () => {
    const objectives = [{ metric: 'val_loss' }, { metric: 'val_accuracy', direction: 'maximize' }];
    expectOne(
      problems({ sampler: 'cmaes', objectives }),
      `${KEY}.sampler`,
      'is cmaes, which searches for one objective, and there are 2.',
    );
    for (const sampler of ['nsga2', 'gp', 'tpe']) expect(problems({ sampler, objectives })).toEqual([]);
  });
});

describe('the pruner', () => {
  it('threshold needs a bound', () => {
    expectOne(problems({ pruner: 'threshold' }), `${KEY}.pruner`, 'is threshold without bounds. Give it lower, upper');
    expectOne(
      problems({ pruner: { name: 'patient', pruner: { name: 'threshold' } } }),
      `${KEY}.pruner.pruner`,
      'without bounds',
    );
    expect(problems({ pruner: { name: 'threshold', upper: 3 } })).toEqual([]);
    expectOne(problems({ pruner: { name: 'threshold', lower: 4, upper: 3 } }), `${KEY}.pruner.lower`, 'Swap them');
  });

  it('wilcoxon needs folds', () => {
    expectOne(problems({ pruner: 'wilcoxon' }), `${KEY}.pruner`, `Set ${KEY}.folds`);
    expect(problems({ pruner: 'wilcoxon', folds: 5 })).toEqual([]);
  });

  it('and folds do not go with a fold', () => {
    expectOne(
      problems({ folds: 5 }, { data: { split: { fold: { index: 1 } } } }),
      'data.split.fold',
      'Set one of the two',
    );
  });
});

describe('an objective', () => {
  it('is a metric that runs log', () => {
    expectOne(
      problems({ metric: 'val_acuracy' }),
      `${KEY}.metric`,
      'is "val_acuracy"; no run logs it. Did you mean val_accuracy?',
    );
    expectOne(problems({ metric: 'f1', direction: 'maximize' }), `${KEY}.metric`, 'Did you mean val_f1?');
    expectOne(problems({ metric: 'val_acc' }), `${KEY}.metric`, 'Did you mean val_accuracy?');
    expectOne(problems({ metric: 'happiness' }), `${KEY}.metric`, 'There are val_loss, ');
    expect(problems({ metric: 'val_perplexity' })).toEqual([]);
    expect(problems({ metric: 'step_ms' })).toEqual([]);
    // The size of the model: no metric of a run, known of every trial.
    expect(problems({ metric: 'parameters' })).toEqual([]);
    expectOne(
      problems({ metric: 'val_r2', direction: 'maximize' }, { data: { task: 'classification' } }),
      `${KEY}.metric`,
      'no run of the task classification logs it',
    );
  });

  it('is sought in the direction in which it is better', () => {
    expectOne(
      problems({ metric: 'val_accuracy' }),
      `${KEY}.direction`,
      'is minimize, but more is better of val_accuracy; did you mean maximize?',
    );
    expectOne(
      problems({ direction: 'maximize' }),
      `${KEY}.direction`,
      'less is better of val_loss; did you mean minimize?',
    );
    expect(problems({ metric: 'samples_per_second', direction: 'maximize' })).toEqual([]);
  });

  it('is named once', () => {
    const twice = [{ metric: 'val_loss' }, { metric: 'val_loss' }, { metric: 'val_f1' }];
    expect(problems({ objectives: twice }).map(({ key }) => key)).toEqual([
      `${KEY}.objectives.1.metric`,
      `${KEY}.objectives.2.direction`,
    ]);
  });
});
