import type { BlobHash, DatasetRow } from './schema';

/** Blobs that a dataset is made of, each once, in the order of its chunks. */
export function blobsOfDataset(dataset: DatasetRow): BlobHash[] {
  switch (dataset.kind) {
    case 'table':
      return unique(dataset.chunks.flatMap(({ columns }) => columns.map(({ hash }) => hash)));
    case 'images':
      return unique(dataset.chunks.flatMap(({ pixels, index }) => [pixels, index]));
    case 'text':
      return unique(dataset.chunks.map(({ text }) => text));
  }
}

const unique = (hashes: BlobHash[]): BlobHash[] => [...new Set(hashes)];
