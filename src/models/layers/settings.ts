/** Layers that a model may be made of: those that a config can list, and the blocks of larger architectures. */
import type { LayerSettings } from '../../config/architectures/sequential';

/** Layers of architectures that a `sequential` config cannot list. */
export type BlockSettings =
  /** Patches of the image, each turned into a vector: a convolution whose stride is its side. */
  | { type: 'patchify'; patch: number; width: number }
  /** A block of ConvNeXt (Liu et al. 2022), channels as they come. */
  | { type: 'convnext_block'; layer_scale: number }
  /** Token and position embedding (learned), added. */
  | { type: 'token_embedding'; vocabulary: number; context: number; width: number }
  /** A pre-norm decoder block (Radford et al. 2019); `residual_scale` shrinks the initial residual projections. */
  | { type: 'transformer_block'; heads: number; dropout: number; residual_scale: number }
  /** Layer normalisation with another epsilon than that of Keras. */
  | { type: 'final_normalization'; epsilon: number };

/** Settings of any layer. */
export type AnyLayerSettings = LayerSettings | BlockSettings;

/** Epsilon of the normalisations inside blocks, as in the papers’ code. */
export const BLOCK_EPSILON = { convnext: 1e-6, transformer: 1e-5 };
