/** The index of a chunk of images: names, labels and splits, as JSON beside the pixels. */
import * as v from 'valibot';
import { LatheError } from '../../base/errors';
import type { BlobStore } from '../../store/blobs';
import type { BlobHash, ImageChunk } from '../../store/schema';

const indexSchema = v.object({
  names: v.array(v.string()),
  /** Position in the dataset's classes, -1: no label. */
  labels: v.array(v.pipe(v.number(), v.integer(), v.minValue(-1))),
  /** 1: set aside for testing by the source. */
  test: v.array(v.picklist([0, 1])),
  /** Encoded images: bytes of each file, in order. Raw pixels: null. */
  lengths: v.nullable(v.array(v.pipe(v.number(), v.integer(), v.minValue(1)))),
});

/** The index of a chunk. */
export type ImageIndex = v.InferOutput<typeof indexSchema>;

/** Stores an index. */
export function putIndex(blobs: BlobStore, index: ImageIndex): Promise<BlobHash> {
  return blobs.put(new TextEncoder().encode(JSON.stringify(index)));
}

/**
 * Reads the index of `chunk`.
 * @throws LatheError of kind `storage` when it is damaged.
 */
export async function getIndex(blobs: BlobStore, chunk: ImageChunk): Promise<ImageIndex> {
  const text = await (await blobs.get(chunk.index)).text();
  try {
    const index = v.parse(indexSchema, JSON.parse(text));
    const whole = [index.names, index.labels, index.test, ...(index.lengths ? [index.lengths] : [])];
    if (whole.every((list) => list.length === chunk.examples)) return index;
  } catch (error) {
    throw damaged(error);
  }
  throw damaged();
}

const damaged = (cause?: unknown): LatheError =>
  new LatheError('storage', 'The stored index of the images is damaged. Import the images again.', {}, [], { cause });
