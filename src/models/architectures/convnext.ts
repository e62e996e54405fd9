import { LatheError } from '../../base/errors';
import { CONVNEXT_SIZES } from '../../config/architectures/convnext';
import type { ModelConfig } from '../../config/architectures/registry';
import { BLOCK_EPSILON } from '../layers/settings';
import type { LayerEntry, ModelIo } from '../plan';

type Settings = Extract<ModelConfig, { architecture: 'convnext' }>;

/**
 * `convnext`: patches, stages of blocks with a halving of the image between them, a global average and a normalisation.
 * @throws LatheError of kind `config` when depths and widths do not belong together, or the image is too small.
 */
export function convnextLayers(settings: Settings, io: ModelIo): LayerEntry[] {
  const named = CONVNEXT_SIZES[settings.size];
  const depths = settings.depths ?? [...named.depths];
  const widths = settings.widths ?? [...named.widths];
  if (depths.length !== widths.length) {
    throw new LatheError(
      'config',
      `model.depths has ${depths.length} stages and model.widths ${widths.length}. Give both as many, or leave one null.`,
      { key: 'model.depths' },
    );
  }
  const side = Math.min(...io.input_shape.slice(0, 2));
  const halvings = 2 ** (depths.length - 1);
  const patch = settings.patch_size ?? [4, 2, 1].find((size) => side / size >= halvings) ?? 1;
  if (io.input_shape.length === 3 && Math.floor(side / patch) < halvings) {
    throw new LatheError(
      'config',
      `model.patch_size: patches of ${patch}×${patch} and ${depths.length} stages leave nothing of an image whose shorter side has ${side} pixels. Use larger images (data.image_size), a smaller patch_size or fewer stages (model.depths, model.widths).`,
      { key: 'model.patch_size' },
    );
  }
  const layers = depths.flatMap((depth, stage): LayerEntry[] => {
    const width = widths[stage];
    const key = `model.widths.${stage}`;
    const normalise: LayerEntry = { settings: { type: 'final_normalization', epsilon: BLOCK_EPSILON.convnext }, key };
    const patchify = (size: number): LayerEntry => ({ settings: { type: 'patchify', patch: size, width }, key });
    const block: LayerEntry = { settings: { type: 'convnext_block', layer_scale: settings.layer_scale }, key };
    return [
      ...(stage === 0 ? [patchify(patch), normalise] : [normalise, patchify(2)]),
      ...Array.from({ length: depth }, () => block),
    ];
  });
  return [
    ...layers,
    { settings: { type: 'global_average_pooling2d' }, key: 'model' },
    { settings: { type: 'final_normalization', epsilon: BLOCK_EPSILON.convnext }, key: 'model' },
  ];
}
