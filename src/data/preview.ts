/** A window of a stored dataset, for looking at: rows as text, thumbnails, or a passage. */
import type { BlobStore } from '../store/blobs';
import type { DatasetRow, ImageChunk, ImageDatasetRow, TableDatasetRow, TextDatasetRow } from '../store/schema';
import type { DatasetPreview } from './api';
import { getIndex } from './images/chunk-index';
import { decodeImage, toRgba } from './images/decode';
import { encodedFiles } from './images/pixels';
import { decodeColumn } from './table/column-chunk';

/** Longest side of a thumbnail; smaller images stay as they are. */
const THUMBNAIL = 128;

/** Examples `offset … offset + limit` of a dataset, fewer at its end. Images need a browser. */
export async function previewDataset(
  dataset: DatasetRow,
  offset: number,
  limit: number,
  blobs: BlobStore,
): Promise<DatasetPreview> {
  switch (dataset.kind) {
    case 'table':
      return { kind: 'table', offset, rows: await previewRows(dataset, offset, limit, blobs) };
    case 'images':
      return { kind: 'images', offset, images: await previewImages(dataset, offset, limit, blobs) };
    case 'text':
      return { kind: 'text', offset, text: await previewText(dataset, offset, limit, blobs) };
  }
}

async function previewText(dataset: TextDatasetRow, offset: number, limit: number, blobs: BlobStore): Promise<string> {
  let out = '';
  for (const { chunk, from, to } of window(dataset.chunks, ({ characters }) => characters, offset, limit)) {
    out += [...(await (await blobs.get(chunk.text)).text())].slice(from, to).join('');
  }
  return out;
}

async function previewRows(
  dataset: TableDatasetRow,
  offset: number,
  limit: number,
  blobs: BlobStore,
): Promise<(string | null)[][]> {
  const out: (string | null)[][] = [];
  for (const { chunk, from, to } of window(dataset.chunks, ({ rows }) => rows, offset, limit)) {
    const columns = await Promise.all(
      chunk.columns.map(async ({ hash, encoding }) =>
        decodeColumn(await (await blobs.get(hash)).arrayBuffer(), encoding, chunk.rows),
      ),
    );
    for (let row = from; row < to; row++) {
      out.push(
        columns.map((column) => {
          if (column.encoding === 'float64')
            return Number.isNaN(column.values[row]) ? null : String(column.values[row]);
          return column.codes[row] === 0 ? null : column.dictionary[column.codes[row] - 1];
        }),
      );
    }
  }
  return out;
}

type Thumbnails = Extract<DatasetPreview, { kind: 'images' }>['images'];

async function previewImages(
  dataset: ImageDatasetRow,
  offset: number,
  limit: number,
  blobs: BlobStore,
): Promise<Thumbnails> {
  const out: Thumbnails = [];
  for (const { chunk, from, to } of window(dataset.chunks, ({ examples }) => examples, offset, limit)) {
    const index = await getIndex(blobs, chunk);
    const bitmap = chunk.encoding === 'raw' ? await rawBitmaps(dataset, chunk, blobs) : await fileBitmaps(chunk, blobs);
    out.push(
      ...(await Promise.all(
        Array.from({ length: to - from }, async (_, i) => {
          const at = from + i;
          const label = index.labels[at] >= 0 ? dataset.classes[index.labels[at]] : null;
          return { name: index.names[at], label, bitmap: await bitmap(at) };
        }),
      )),
    );
  }
  return out;
}

async function rawBitmaps(
  { image }: ImageDatasetRow,
  chunk: ImageChunk,
  blobs: BlobStore,
): Promise<(at: number) => Promise<ImageBitmap>> {
  const blob = await blobs.get(chunk.pixels);
  const size = image.height * image.width * image.channels;
  return async (at) => {
    const pixels = new Uint8Array(await blob.slice(at * size, (at + 1) * size).arrayBuffer());
    return createImageBitmap(new ImageData(toRgba(pixels, image.channels), image.width, image.height));
  };
}

async function fileBitmaps(chunk: ImageChunk, blobs: BlobStore): Promise<(at: number) => Promise<ImageBitmap>> {
  const index = await getIndex(blobs, chunk);
  const files = await encodedFiles(chunk, index, blobs);
  return async (at) => {
    const bitmap = await decodeImage(files(at), index.names[at]);
    const scale = THUMBNAIL / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) return bitmap;
    const small = await createImageBitmap(bitmap, {
      resizeWidth: Math.max(1, Math.round(bitmap.width * scale)),
      resizeHeight: Math.max(1, Math.round(bitmap.height * scale)),
      resizeQuality: 'high',
    });
    bitmap.close();
    return small;
  };
}

/** The parts of chunks that make up `offset … offset + limit`. */
function* window<T>(
  chunks: T[],
  size: (chunk: T) => number,
  offset: number,
  limit: number,
): Generator<{ chunk: T; from: number; to: number }> {
  let start = 0;
  for (const chunk of chunks) {
    const from = Math.max(0, offset - start);
    const to = Math.min(size(chunk), offset + limit - start);
    if (from < to) yield { chunk, from, to };
    start += size(chunk);
  }
}
