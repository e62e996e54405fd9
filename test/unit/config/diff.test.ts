import { describe, expect, it } from 'vitest';
import { diffConfigs } from '../../../src/config/diff';
import { parseConfig } from '../../../src/config/parse';

describe('config differences', () => {
  it('lists only the keys that differ, whatever the names of the runs', () => {
    const a = parseConfig({ name: 'a', training: { epochs: 3 } });
    const b = parseConfig({ name: 'b', training: { epochs: 4 }, model: { architecture: 'mlp', hidden: [8] } });
    expect(diffConfigs([a, b])).toEqual([
      { key: 'model.hidden', values: [[256, 128], [8]] },
      { key: 'training.epochs', values: [3, 4] },
    ]);
    expect(diffConfigs([a, { ...a, name: 'other' }])).toEqual([]);
  });

  it('shows keys that only one architecture has', () => {
    const keys = diffConfigs([parseConfig({}), parseConfig({ model: { architecture: 'linear' } })]).map(
      ({ key }) => key,
    );
    expect(keys).toEqual(['model.architecture', 'model.hidden', 'model.activation', 'model.dropout']);
  });
});
