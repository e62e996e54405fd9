/**
 * Image files to pixels. Needs a browser: `createImageBitmap` decodes, a canvas kept in main memory scales, so that the
 * same file gives the same pixels whatever the GPU is.
 */
import { LatheError } from '../../base/errors';

/** Size and kind of a decoded image. */
export interface ImageFacts {
  height: number;
  width: number;
  /** Whether any pixel is not grey. */
  coloured: boolean;
  /** Whether any pixel is see-through. */
  transparent: boolean;
}

/** Shape of images as a model takes them. */
export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

let canvas: OffscreenCanvas | null = null;

function context(width: number, height: number): OffscreenCanvasRenderingContext2D {
  if (typeof OffscreenCanvas === 'undefined') {
    throw new LatheError(
      'backend',
      'Images can only be decoded in a browser that has OffscreenCanvas. Use a current one.',
    );
  }
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width < width || canvas.height < height) {
    canvas.width = Math.max(canvas.width, width);
    canvas.height = Math.max(canvas.height, height);
  }
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  if (!drawing)
    throw new LatheError(
      'backend',
      'The browser gives no 2-D canvas to decode images with. Close other tabs and try again.',
    );
  drawing.imageSmoothingQuality = 'high';
  return drawing;
}

/**
 * Decodes a file, its EXIF orientation applied, its colours as they are stored. Close the bitmap after use.
 * @throws LatheError of kind `data` naming `path`.
 */
export async function decodeImage(file: Blob, path: string): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { colorSpaceConversion: 'none' });
  } catch (error) {
    throw new LatheError(
      'data',
      `${path} cannot be decoded: it is damaged or no image that this browser knows. Export it again as PNG or JPEG.`,
      { file: path },
      [],
      { cause: error },
    );
  }
}

/** RGBA bytes of a bitmap scaled to `width` × `height`. */
export function rgbaPixels(bitmap: ImageBitmap, width: number, height: number): Uint8ClampedArray {
  const drawing = context(width, height);
  drawing.clearRect(0, 0, width, height);
  drawing.drawImage(shrunk(bitmap, width, height), 0, 0, width, height);
  return drawing.getImageData(0, 0, width, height).data;
}

/**
 * Halves an image until less than half of it is left to shrink: one step of a canvas's bilinear filter sees 2 × 2 pixels,
 * so a larger step would skip some.
 */
function shrunk(bitmap: ImageBitmap, width: number, height: number): CanvasImageSource {
  let source: ImageBitmap | OffscreenCanvas = bitmap;
  while (source.width >= 2 * width && source.height >= 2 * height && source.width > 2 && source.height > 2) {
    const half: OffscreenCanvas = new OffscreenCanvas(Math.ceil(source.width / 2), Math.ceil(source.height / 2));
    const drawing: OffscreenCanvasRenderingContext2D | null = half.getContext('2d', { willReadFrequently: true });
    if (!drawing) break;
    drawing.drawImage(source, 0, 0, half.width, half.height);
    source = half;
  }
  return source;
}

const LOOK = 96;

/** Looks at a bitmap, at reduced size where it is large. */
export function inspectImage(bitmap: ImageBitmap): ImageFacts {
  const { height, width } = bitmap;
  const scale = Math.min(1, LOOK / Math.max(height, width));
  const pixels = rgbaPixels(bitmap, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  let coloured = false;
  let transparent = false;
  for (let i = 0; i < pixels.length && !(coloured && transparent); i += 4) {
    const [r, g, b] = [pixels[i], pixels[i + 1], pixels[i + 2]];
    if (Math.abs(r - g) > 2 || Math.abs(g - b) > 2) coloured = true;
    if (pixels[i + 3] < 250) transparent = true;
  }
  return { height, width, coloured, transparent };
}

/**
 * Writes RGBA pixels as `channels` bytes a pixel: 4 as they are; 3 over white; 1 as luma (ITU-R BT.601) over white.
 */
export function toChannels(rgba: ArrayLike<number>, channels: number, out: Uint8Array): void {
  const pixels = rgba.length / 4;
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[4 * i + 3];
    if (channels === 4) {
      for (let c = 0; c < 4; c++) out[4 * i + c] = rgba[4 * i + c];
      continue;
    }
    const over = (value: number): number => (value * alpha + 255 * (255 - alpha)) / 255;
    const [r, g, b] = [over(rgba[4 * i]), over(rgba[4 * i + 1]), over(rgba[4 * i + 2])];
    if (channels === 3) {
      out[3 * i] = Math.round(r);
      out[3 * i + 1] = Math.round(g);
      out[3 * i + 2] = Math.round(b);
    } else {
      out[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    }
  }
}

/** RGBA of raw pixels with `channels` bytes each. */
export function toRgba(pixels: Uint8Array, channels: number): Uint8ClampedArray<ArrayBuffer> {
  const count = pixels.length / channels;
  const rgba = new Uint8ClampedArray(count * 4);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = pixels[channels * i + (channels === 1 ? 0 : c)];
    rgba[4 * i + 3] = channels === 4 ? pixels[4 * i + 3] : 255;
  }
  return rgba;
}
