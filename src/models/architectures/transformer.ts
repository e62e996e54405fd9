import { LatheError } from '../../base/errors';
import type { ModelConfig } from '../../config/architectures/registry';
import { BLOCK_EPSILON } from '../layers/settings';
import type { LayerEntry, ModelIo } from '../plan';

type Settings = Extract<ModelConfig, { architecture: 'transformer' }>;

/**
 * `transformer`: embeddings, decoder blocks and a normalisation.
 * @throws LatheError of kind `config` when the data has no tokens, or the width no room for the heads.
 */
export function transformerLayers(settings: Settings, { tokens }: ModelIo): LayerEntry[] {
  const { layers, width, heads, context, dropout } = settings;
  if (!tokens) {
    throw new LatheError(
      'config',
      'model.architecture: transformer reads tokens, but this data has none. Use mlp for tables, cnn or convnext for images.',
      { key: 'model.architecture' },
    );
  }
  if (width % heads !== 0) {
    throw new LatheError(
      'config',
      `model.heads: a width of ${width} cannot be shared by ${heads} heads. Make model.width a multiple of model.heads.`,
      { key: 'model.heads' },
    );
  }
  const block: LayerEntry = {
    settings: { type: 'transformer_block', heads, dropout, residual_scale: 1 / Math.sqrt(2 * layers) },
    key: 'model.layers',
  };
  return [
    { settings: { type: 'token_embedding', vocabulary: tokens.vocabulary, context, width }, key: 'model.context' },
    ...Array.from({ length: layers }, () => block),
    { settings: { type: 'final_normalization', epsilon: BLOCK_EPSILON.transformer }, key: 'model' },
  ];
}
