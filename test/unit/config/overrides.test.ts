import { describe, expect, it } from 'vitest';
import { applyOverrides, parseOverride } from '../../../src/config/overrides';
import { parseConfig } from '../../../src/config/parse';

const set = (document: unknown, ...texts: string[]) => parseConfig(applyOverrides(document, texts.map(parseOverride)));

describe('overrides', () => {
  it('reads values as YAML', () => {
    expect(parseOverride('training.epochs=3')).toEqual({ key: 'training.epochs', value: 3 });
    expect(parseOverride('a.b=[1, {c: null}]')).toEqual({ key: 'a.b', value: [1, { c: null }] });
    expect(parseOverride('data.target=x=y')).toEqual({ key: 'data.target', value: 'x=y' });
    expect(parseOverride('training.optimizer.learning_rate=1e9').value).toBe(1e9);
    expect(parseOverride('name=').value).toBeNull();
  });

  it('refuses what sets nothing, with an example', () => {
    expect(() => parseOverride('training.epochs')).toThrow('expected KEY=VALUE');
    expect(() => parseOverride('=3')).toThrow('expected KEY=VALUE');
    expect(() => parseOverride('name=[1')).toThrow('not valid YAML');
  });

  it('reaches into sections that the document leaves to their defaults', () => {
    expect(set(null, 'training.optimizer.learning_rate=0.5').training.optimizer).toMatchObject({
      name: 'adamw',
      learning_rate: 0.5,
    });
    expect(set({ model: { dropout: 0.1 } }).model).toMatchObject({ architecture: 'mlp', dropout: 0.1 });
    expect(set({}, 'model.hidden.0=7').model).toMatchObject({ hidden: [7, 128] });
  });

  it('reaches into lists whatever is wrong with a search', () => {
    const search = parseOverride('optimization.hyperparameter_search.enabled=true');
    const document = applyOverrides({}, [search, parseOverride('model.hidden.0=7')]);
    expect(document).toMatchObject({ model: { hidden: [7, 128] } });
  });

  it('leaves the document alone and lets a later override win', () => {
    const document = { training: { epochs: 1 } };
    expect(set(document, 'training.epochs=2', 'training.epochs=5').training.epochs).toBe(5);
    expect(document.training.epochs).toBe(1);
  });

  it('does not give one variant the defaults of another', () => {
    expect(set({}, 'model.architecture=cnn').model).not.toHaveProperty('hidden');
    expect(() => set({}, 'model.architecture=cnn', 'model.hidden=[3]')).toThrow('model.hidden');
  });
});
