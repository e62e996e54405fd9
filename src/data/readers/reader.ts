/**
 * What a reader of a file format is. To add one: a file in this folder that exports a `Reader`, and its line in
 * `registry.ts`.
 */
import { LatheError } from '../../base/errors';
import type { BlobStore } from '../../store/blobs';
import type { DatasetRow } from '../../store/schema';
import type { ImportFile, OnProgress } from '../api';

/** Bytes of a file's beginning by which it is recognised. */
export const HEAD_BYTES = 65_536;

/** What a reader works with. */
export interface ReadContext {
  blobs: BlobStore;
  onProgress: OnProgress;
  /** Sets one file aside with the reason; the reader goes on with the others. */
  refuse(path: string, error: LatheError): void;
}

/** Reads files of one format. */
export interface Reader {
  name: string;
  /** What people call the files, for the sentence that lists what can be read. */
  files: string;
  /** Whether a file is of this format. `head` is its first `HEAD_BYTES` bytes; the path is a hint, no more. */
  recognises(head: Uint8Array, path: string): boolean;
  /**
   * Whether its files are data only where they come alone: beside others they describe those, as a README does, and are
   * refused.
   */
  alone?: boolean;
  /**
   * Turns files of this format, which came together, into datasets. Files that cannot be used are refused one by one.
   * @throws LatheError only for what concerns all of them, such as a full disk.
   */
  read(files: ImportFile[], context: ReadContext): Promise<DatasetRow[]>;
}

/** Opens a file that holds other files. */
export interface Unpacker {
  name: string;
  recognises(head: Uint8Array): boolean;
  /**
   * The files inside: those of an archive under its own path without the extension, a compressed file under its own.
   * @throws LatheError of kind `data` when the archive is damaged, encrypted or unsafe.
   */
  unpack(file: ImportFile, onProgress: OnProgress): Promise<ImportFile[]>;
}

/** Whether `head` begins with `bytes`, at `offset`. */
export const hasMagic = (head: Uint8Array, bytes: number[], offset = 0): boolean =>
  head.length >= offset + bytes.length && bytes.every((byte, i) => head[offset + i] === byte);

/** The beginning of a file. */
export async function readHead(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
}

/**
 * What was thrown while reading `path`, as an error of the file if it is one: of kind `data` for bad content and for a
 * file that has gone or may not be read.
 * @throws the error itself where the file is not to blame, such as a full disk.
 */
export function failureOf(path: string, thrown: unknown): LatheError {
  if (
    thrown instanceof DOMException &&
    ['NotReadableError', 'NotFoundError', 'NotAllowedError'].includes(thrown.name)
  ) {
    return new LatheError(
      'data',
      `${path} can no longer be read: it was changed, moved or locked after it was chosen. Choose it again.`,
      { file: path },
      [],
      { cause: thrown },
    );
  }
  const failure = LatheError.from(thrown);
  if (failure.kind !== 'data') throw failure;
  return failure;
}
