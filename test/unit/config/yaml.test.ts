import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse';
import { configFromYaml, configToYaml } from '../../../src/config/yaml';

describe('config as YAML', () => {
  it('survives a round trip, in full and with defaults left out', () => {
    const config = parseConfig({
      name: 'digits',
      data: { columns: { id: 'ignore' }, target: 'species' },
      model: { architecture: 'sequential', layers: [{ type: 'conv2d', filters: 8 }, { type: 'flatten' }] },
      training: { optimizer: { name: 'sgd', momentum: 0.9 }, early_stopping: null, gradient_clip: null },
    });
    expect(configFromYaml(configToYaml(config))).toEqual(config);
    const short = configToYaml(config, { full: false });
    expect(configFromYaml(short)).toEqual(config);
    expect(short).not.toContain('batch_size');
  });

  it('reads numbers as YAML 1.2 does', () => {
    const config = configFromYaml('training: {optimizer: {name: adamw, learning_rate: 1.0e-3}, epochs: 3}');
    expect(config.training.optimizer.learning_rate).toBe(0.001);
  });

  it('names the line of a syntax error and a key given twice', () => {
    expect(() => configFromYaml('training:\n  epochs: [1\nname: x', 'run.yaml')).toThrow(
      /^run\.yaml, line \d: this is not valid YAML/,
    );
    expect(() => configFromYaml('name: a\nname: b')).toThrow('not valid YAML');
  });
});
