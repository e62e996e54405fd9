/**
 * Content-addressed blobs: bytes under their SHA-256. Writing the same bytes twice stores them once; what is read back
 * can be checked against its name.
 */
import { LatheError } from '../base/errors';
import { sha256 } from '../base/hash';
import { commit } from './commit';
import type { Database } from './database';
import type { BlobHash, BlobRow } from './schema';

/** Where bytes are put under their hash and found again. */
export interface BlobStore {
  /** Stores bytes and returns their hash. */
  put(data: Uint8Array | ArrayBuffer | Blob): Promise<BlobHash>;
  /** Throws a LatheError of kind `storage` when there is no such blob. */
  get(hash: BlobHash): Promise<Blob>;
}

/** A blob as a row: hashed, not yet stored. */
export async function makeBlobRow(data: Uint8Array | ArrayBuffer | Blob): Promise<BlobRow> {
  const bytes = data instanceof Blob ? await data.arrayBuffer() : data;
  const blob = data instanceof Blob ? data : new Blob([bytes as BlobPart]);
  return { hash: await sha256(bytes), blob, bytes: blob.size };
}

/** Blobs in the database. */
export function databaseBlobs(database: Database): BlobStore {
  return {
    async put(data) {
      const row = await makeBlobRow(data);
      const transaction = database.transaction('blobs', 'readwrite');
      await commit([transaction.store.put(row)], transaction.done);
      return row.hash;
    },
    async get(hash) {
      const row = await database.get('blobs', hash);
      if (!row) throw missing(hash);
      return row.blob;
    },
  };
}

/** Blobs in memory, for examples that are predicted and not kept. */
export function memoryBlobs(): BlobStore {
  const rows = new Map<BlobHash, Blob>();
  return {
    async put(data) {
      const row = await makeBlobRow(data);
      rows.set(row.hash, row.blob);
      return row.hash;
    },
    get(hash) {
      const blob = rows.get(hash);
      return blob ? Promise.resolve(blob) : Promise.reject(missing(hash));
    },
  };
}

/**
 * Reads a blob and checks its bytes against its name.
 * @throws LatheError of kind `storage` when it is missing or damaged.
 */
export async function readVerified(blobs: BlobStore, hash: BlobHash): Promise<ArrayBuffer> {
  const bytes = await (await blobs.get(hash)).arrayBuffer();
  const found = await sha256(bytes);
  if (found !== hash) {
    throw new LatheError(
      'storage',
      `Stored data is damaged: its SHA-256 is ${found.slice(0, 12)}…, expected ${hash.slice(0, 12)}….`,
    );
  }
  return bytes;
}

const missing = (hash: BlobHash): LatheError =>
  new LatheError('storage', `Stored data ${hash.slice(0, 12)}… is missing from the browser’s database.`);
