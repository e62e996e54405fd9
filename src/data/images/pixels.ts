/** All images of a dataset in memory, as pixels of one shape. */
import { LatheError } from '../../base/errors';
import type { BlobStore } from '../../store/blobs';
import type { ImageChunk, ImageDatasetRow } from '../../store/schema';
import { megabytes } from '../readers/limits';
import { getIndex, type ImageIndex } from './chunk-index';
import { decodeImage, rgbaPixels, toChannels, toRgba, type ImageShape } from './decode';
import { resizePixels } from './resize';

const MAX_BYTES = 2 ** 31 - 1;
/** Images decoded at once. */
const TOGETHER = 8;

/** Names, labels and splits of all images of a dataset, in order. */
export async function readIndices(dataset: ImageDatasetRow, blobs: BlobStore): Promise<Omit<ImageIndex, 'lengths'>> {
  const all: Omit<ImageIndex, 'lengths'> = { names: [], labels: [], test: [] };
  for (const chunk of dataset.chunks) {
    const { names, labels, test } = await getIndex(blobs, chunk);
    for (let i = 0; i < names.length; i++) {
      all.names.push(names[i]);
      all.labels.push(labels[i]);
      all.test.push(test[i]);
    }
  }
  return all;
}

/**
 * Decodes the images at `positions` (ascending) to uint8 `[positions.length, height, width, channels]`.
 * @throws LatheError of kind `data` when one cannot be decoded, or all of them need more than 2 GB.
 */
export async function readPixels(
  dataset: ImageDatasetRow,
  positions: Uint32Array,
  shape: ImageShape,
  blobs: BlobStore,
): Promise<Uint8Array> {
  const size = shape.height * shape.width * shape.channels;
  if (positions.length * size > MAX_BYTES) {
    throw new LatheError(
      'data',
      `${positions.length.toLocaleString('en')} images of ${shape.width} × ${shape.height} × ${shape.channels} need ${megabytes(positions.length * size)} of memory. Set data.image_size to less, or data.limit.`,
      { key: 'data.image_size' },
    );
  }
  const pixels = new Uint8Array(positions.length * size);
  let start = 0;
  let next = 0;
  for (const chunk of dataset.chunks) {
    const wanted: { at: number; slot: number }[] = [];
    for (; next < positions.length && positions[next] < start + chunk.examples; next++) {
      wanted.push({ at: positions[next] - start, slot: next });
    }
    start += chunk.examples;
    if (wanted.length === 0) continue;
    const write = (slot: number): Uint8Array => pixels.subarray(slot * size, (slot + 1) * size);
    if (chunk.encoding === 'raw') await readRaw(dataset, chunk, wanted, shape, write, blobs);
    else await readEncoded(chunk, wanted, shape, write, blobs);
  }
  return pixels;
}

type Wanted = { at: number; slot: number }[];
type Slot = (slot: number) => Uint8Array;

async function readRaw(
  { image }: ImageDatasetRow,
  chunk: ImageChunk,
  wanted: Wanted,
  shape: ImageShape,
  slot: Slot,
  blobs: BlobStore,
): Promise<void> {
  const bytes = new Uint8Array(await (await blobs.get(chunk.pixels)).arrayBuffer());
  const size = image.height * image.width * image.channels;
  const same = image.height === shape.height && image.width === shape.width;
  for (const { at, slot: target } of wanted) {
    const own = bytes.subarray(at * size, (at + 1) * size);
    const scaled = same ? own : resizePixels(own, image, shape);
    if (image.channels === shape.channels) slot(target).set(scaled);
    else toChannels(toRgba(scaled, image.channels), shape.channels, slot(target));
  }
}

async function readEncoded(
  chunk: ImageChunk,
  wanted: Wanted,
  shape: ImageShape,
  slot: Slot,
  blobs: BlobStore,
): Promise<void> {
  const index = await getIndex(blobs, chunk);
  const files = await encodedFiles(chunk, index, blobs);
  for (let i = 0; i < wanted.length; i += TOGETHER) {
    const batch = wanted.slice(i, i + TOGETHER);
    const bitmaps = await Promise.all(batch.map(({ at }) => decodeImage(files(at), index.names[at])));
    bitmaps.forEach((bitmap, k) => {
      toChannels(rgbaPixels(bitmap, shape.width, shape.height), shape.channels, slot(batch[k].slot));
      bitmap.close();
    });
  }
}

/** The image files of an encoded chunk by position. */
export async function encodedFiles(
  chunk: ImageChunk,
  index: ImageIndex,
  blobs: BlobStore,
): Promise<(at: number) => Blob> {
  const blob = await blobs.get(chunk.pixels);
  const offsets = [0];
  for (const length of index.lengths ?? []) offsets.push(offsets[offsets.length - 1] + length);
  return (at) => blob.slice(offsets[at], offsets[at + 1]);
}
