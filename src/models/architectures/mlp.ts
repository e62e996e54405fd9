import type { ModelConfig } from '../../config/architectures/registry';
import type { LayerEntry } from '../plan';

/** `mlp`: dense layers with an activation, each followed by dropout. */
export function mlpLayers(settings: Extract<ModelConfig, { architecture: 'mlp' }>): LayerEntry[] {
  return settings.hidden.flatMap((units, i): LayerEntry[] => [
    {
      settings: { type: 'dense', units, activation: settings.activation, use_bias: true },
      key: `model.hidden.${i}`,
    },
    ...(settings.dropout > 0
      ? [{ settings: { type: 'dropout' as const, rate: settings.dropout }, key: 'model.dropout' }]
      : []),
  ]);
}
