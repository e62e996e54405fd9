/** The hash of a dataset's content, found again from what is stored of it. */
import { sha256 } from '../base/hash';
import { readVerified, type BlobStore } from '../store/blobs';
import type { DatasetRow, ImageDatasetRow } from '../store/schema';
import { contentHash } from './dataset';
import { getIndex } from './images/chunk-index';

/**
 * The `content_hash` that `dataset`, as its chunks stand in `blobs`, should have.
 * @throws LatheError of kind `storage` when a blob is missing or damaged
 */
export async function contentHashOf(dataset: DatasetRow, blobs: BlobStore): Promise<string> {
  switch (dataset.kind) {
    case 'text':
      return contentHash({ kind: 'text', chunks: dataset.chunks });
    case 'table': {
      const { columns, decimal_comma, chunks } = dataset;
      return contentHash({ kind: 'table', columns: columns.map(({ name }) => name), decimal_comma, chunks });
    }
    case 'images':
      return dataset.chunks.some(({ encoding }) => encoding === 'raw')
        ? hashOfPixels(dataset, blobs)
        : hashOfFiles(dataset, blobs);
  }
}

/** Of images that came as pixels of one size. */
async function hashOfPixels({ classes, image, chunks }: ImageDatasetRow, blobs: BlobStore): Promise<string> {
  const indices = await Promise.all(chunks.map((chunk) => getIndex(blobs, chunk)));
  const { height, width, channels } = image;
  return contentHash({
    kind: 'images',
    classes,
    image: { height, width, channels },
    pixels: chunks.map(({ pixels }) => pixels),
    labels: indices.flatMap(({ labels }) => labels),
    test: indices.flatMap(({ test }) => test),
  });
}

/** Of images that came as files, in whatever order. */
async function hashOfFiles({ classes, chunks }: ImageDatasetRow, blobs: BlobStore): Promise<string> {
  const images: string[] = [];
  for (const chunk of chunks) {
    const { labels, test, lengths } = await getIndex(blobs, chunk);
    const files = await readVerified(blobs, chunk.pixels);
    let at = 0;
    for (const [i, length] of (lengths ?? []).entries()) {
      images.push(`${await sha256(new Uint8Array(files, at, length))} ${labels[i]} ${test[i]}`);
      at += length;
    }
  }
  return contentHash({ kind: 'images', classes, images: images.sort() });
}
