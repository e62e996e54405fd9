import type { ModelConfig } from '../../config/architectures/registry';
import { filterWidths } from '../../config/architectures/widths';
import type { LayerEntry } from '../plan';

/** `cnn`: blocks of convolution, activation and 2×2 max pooling, then a head and dropout. */
export function cnnLayers(settings: Extract<ModelConfig, { architecture: 'cnn' }>): LayerEntry[] {
  const blocks = filterWidths(settings.filters).flatMap(({ width, key }): LayerEntry[] => [
    {
      settings: {
        type: 'conv2d',
        filters: width,
        kernel_size: settings.kernel_size,
        strides: 1,
        padding: 'same',
        activation: settings.activation,
        use_bias: true,
      },
      key,
    },
    { settings: { type: 'max_pooling2d', pool_size: 2 }, key },
  ]);
  const head: LayerEntry = {
    settings: { type: settings.head === 'flatten' ? 'flatten' : 'global_average_pooling2d' },
    key: 'model.head',
  };
  const dropout: LayerEntry[] =
    settings.dropout > 0 ? [{ settings: { type: 'dropout', rate: settings.dropout }, key: 'model.dropout' }] : [];
  return [...blocks, head, ...dropout];
}
