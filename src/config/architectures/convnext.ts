import * as v from 'valibot';
import { choice, integer, number } from '../field';

/** Blocks and channels of each stage by size name (Liu et al. 2022; the small ones as in ConvNeXt V2, Woo et al. 2023). */
export const CONVNEXT_SIZES = {
  atto: { depths: [2, 2, 6, 2], widths: [40, 80, 160, 320] },
  femto: { depths: [2, 2, 6, 2], widths: [48, 96, 192, 384] },
  pico: { depths: [2, 2, 6, 2], widths: [64, 128, 256, 512] },
  nano: { depths: [2, 2, 8, 2], widths: [80, 160, 320, 640] },
  tiny: { depths: [3, 3, 9, 3], widths: [96, 192, 384, 768] },
  small: { depths: [3, 3, 27, 3], widths: [96, 192, 384, 768] },
  base: { depths: [3, 3, 27, 3], widths: [128, 256, 512, 1024] },
  large: { depths: [3, 3, 27, 3], widths: [192, 384, 768, 1536] },
} as const;

const SIZES = ['atto', 'femto', 'pico', 'nano', 'tiny', 'small', 'base', 'large'] as const;

const stages = (description: string, most: number) =>
  v.optional(
    v.nullable(
      v.pipe(v.array(integer('One stage', 1, most)), v.minLength(1), v.maxLength(8), v.description(description)),
    ),
    null,
  );

/** Settings of `convnext`: a convolutional network of depthwise blocks. */
export const convnext = v.pipe(
  v.strictObject({
    architecture: v.literal('convnext'),
    size: v.optional(choice('Blocks and channels of each stage, by name', SIZES), 'atto'),
    depths: stages('Blocks of each stage, instead of those of the size', 64),
    widths: stages('Channels of each stage, instead of those of the size', 4096),
    patch_size: v.optional(
      v.nullable(integer('Side of the patches that the image is first cut into, in pixels; null: by its size', 1, 16)),
      null,
    ),
    layer_scale: v.optional(number('Factor that every block starts with', 0, 1), 1e-6),
  }),
  v.description('ConvNeXt: for images and spectrograms'),
);
