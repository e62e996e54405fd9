import type { ModelConfig } from '../../config/architectures/registry';
import { hiddenWidths } from '../../config/architectures/widths';
import type { LayerEntry } from '../plan';

/** `mlp`: dense layers with an activation, each followed by dropout. */
export function mlpLayers(settings: Extract<ModelConfig, { architecture: 'mlp' }>): LayerEntry[] {
  return hiddenWidths(settings.hidden).flatMap(({ width, key }): LayerEntry[] => [
    {
      settings: { type: 'dense', units: width, activation: settings.activation, use_bias: true },
      key,
    },
    ...(settings.dropout > 0
      ? [{ settings: { type: 'dropout' as const, rate: settings.dropout }, key: 'model.dropout' }]
      : []),
  ]);
}
