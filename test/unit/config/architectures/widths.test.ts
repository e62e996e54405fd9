import { describe, expect, it } from 'vitest';
import { filterWidths, hiddenWidths, widthsFor } from '../../../../src/config/architectures/widths';
import { applyOverrides } from '../../../../src/config/overrides';
import { checkConfig, parseConfig } from '../../../../src/config/parse';

const problems = (model: unknown): string[] => {
  const result = checkConfig({ model });
  return result.ok ? [] : result.problems.map(({ message }) => message);
};

describe('widths of layers', () => {
  it('are a list, or one width and a depth', () => {
    expect(hiddenWidths([256, 128])).toEqual([
      { width: 256, key: 'model.hidden.0' },
      { width: 128, key: 'model.hidden.1' },
    ]);
    expect(hiddenWidths({ width: 96, depth: 3 }).map(({ width }) => width)).toEqual([96, 96, 96]);
    expect(hiddenWidths({ width: 96, depth: 0 })).toEqual([]);
    expect(filterWidths([16, 32]).map(({ width }) => width)).toEqual([16, 32]);
    expect(filterWidths({ width: 8, depth: 4 }).map(({ width }) => width)).toEqual([8, 16, 32, 64]);
    expect(filterWidths({ width: 8, depth: 1 })).toEqual([{ width: 8, key: 'model.filters' }]);
  });

  it('take the defaults of a stack for what is left out', () => {
    expect(parseConfig({ model: { hidden: { depth: 3 } } }).model).toMatchObject({ hidden: { width: 128, depth: 3 } });
    expect(parseConfig({ model: { architecture: 'cnn', filters: {} } }).model).toMatchObject({
      filters: { width: 16, depth: 2 },
    });
  });

  it('are refused by the key inside', () => {
    expect(problems({ hidden: ['a'] })).toEqual(['model.hidden.0 is "a"; expected a number.']);
    expect(problems({ hidden: [0] })).toEqual(['model.hidden.0 is 0; expected 1 or more.']);
    expect(problems({ hidden: 'wide' })).toEqual(['model.hidden is "wide"; expected a list.']);
    expect(problems({ hidden: { width: 0 } })).toEqual(['model.hidden.width is 0; expected 1 or more.']);
    expect(problems({ hidden: { widht: 3 } })).toEqual([
      'model.hidden.widht is not a key of the config; did you mean width?',
    ]);
    expect(problems({ architecture: 'cnn', filters: [] })).toEqual([
      'model.filters is []; expected at least 1 entries.',
    ]);
    expect(problems({ architecture: 'cnn', filters: { depth: 0 } })[0]).toContain('model.filters.depth is 0');
  });

  it('change their form where a key speaks of the other', () => {
    const list = { model: { hidden: [64, 32, 16] } };
    expect(widthsFor(list, 'model.hidden.width')).toEqual({ model: { hidden: { width: 64, depth: 3 } } });
    expect(widthsFor(list, 'model.hidden.1')).toBe(list);
    expect(widthsFor(list, 'model.hidden')).toBe(list);
    const stack = { model: { filters: { width: 8, depth: 3 } } };
    expect(widthsFor(stack, 'model.filters.2')).toEqual({ model: { filters: [8, 16, 32] } });
    expect(widthsFor(stack, 'model.filters.depth')).toBe(stack);
    expect(widthsFor({ model: { hidden: [] } }, 'model.hidden.depth')).toEqual({ model: { hidden: { depth: 0 } } });
  });

  it('change their form under --set too', () => {
    const set = (document: unknown, key: string, value: unknown) =>
      parseConfig(applyOverrides(document, [{ key, value }])).model;
    expect(set({ model: { hidden: [64, 32] } }, 'model.hidden.depth', 4)).toMatchObject({
      hidden: { width: 64, depth: 4 },
    });
    expect(set({ model: { hidden: { width: 64, depth: 2 } } }, 'model.hidden.1', 8)).toMatchObject({
      hidden: [64, 8],
    });
  });
});
