import type { ModelConfig } from '../../config/architectures/registry';
import type { LayerEntry } from '../plan';

/** `sequential`: the layers as the config lists them. */
export function sequentialLayers(settings: Extract<ModelConfig, { architecture: 'sequential' }>): LayerEntry[] {
  return settings.layers.map((layer, i) => ({ settings: layer, key: `model.layers.${i}` }));
}
