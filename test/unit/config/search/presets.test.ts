import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../../src/base/random';
import { architectures } from '../../../../src/config/architectures/registry';
import { checkConfig, parseConfig } from '../../../../src/config/parse';
import { trialConfig } from '../../../../src/config/search/apply';
import { presetSpace } from '../../../../src/config/search/presets';
import { drawUniform, Space } from '../../../../src/sweeps/space/space';

const NAMES = architectures.options.map((option) => option.entries.architecture.literal);

const searching = (document: object) => {
  const config = parseConfig(document);
  return {
    ...config,
    optimization: { hyperparameter_search: { enabled: true, search_space: presetSpace(config) } },
  };
};

describe.each(NAMES)('the preset of %s', (architecture) => {
  it.each(['adamw', 'sgd'])('is a search that can start, with %s in the config', (name) => {
    const result = checkConfig(searching({ model: { architecture }, training: { optimizer: { name } } }));
    expect(result).toMatchObject({ ok: true });
  });

  it('gives trials that are configs', () => {
    const config = parseConfig(searching({ model: { architecture } }));
    const space = new Space(config.optimization.hyperparameter_search.search_space);
    const seen = new Set<string>();
    for (let trial = 0; trial < 50; trial++) {
      const random = randomStream(1, trial);
      const params = space.fill(({ distribution }) => drawUniform(distribution, random));
      const { model, training, optimization } = trialConfig(config, params);
      expect(model.architecture).toBe(architecture);
      expect(optimization.hyperparameter_search.enabled).toBe(false);
      seen.add(JSON.stringify([model, training]));
      // Heads divide the width.
      if (model.architecture === 'transformer') expect(model.width % model.heads).toBe(0);
    }
    expect(seen.size).toBe(50);
  });
});

it('searches the layers that a row has', () => {
  const layers = [
    { type: 'conv2d', filters: 12 },
    { type: 'flatten' },
    { type: 'dropout', rate: 0.2 },
    { type: 'dense', units: 2 },
  ];
  const space = presetSpace(parseConfig({ model: { architecture: 'sequential', layers } }));
  expect(Object.keys(space).filter((key) => key.startsWith('model.'))).toEqual([
    'model.layers.0.filters',
    'model.layers.2.rate',
    'model.layers.3.units',
  ]);
  expect(space['model.layers.3.units']).toMatchObject({ low: 1, high: 8 });
});
