/** ZIP files that depend on nothing but their content: no time of writing, entries in the order given. */
import { zipSync, type Zippable } from 'fflate';

/** A file inside an archive. */
export interface ArchiveFile {
  path: string;
  bytes: Uint8Array;
}

/** Already dense: compressing these again costs time and saves next to nothing. */
const STORED = /\.(bin|safetensors|png)$/;

/** Writes an archive. Equal files give equal bytes. */
export function writeZip(files: ArchiveFile[]): Uint8Array<ArrayBuffer> {
  const entries: Zippable = {};
  for (const { path, bytes } of files) entries[path] = [bytes, { level: STORED.test(path) ? 0 : 6 }];
  // ZIP times are local and begin in 1980; a fixed one keeps the archive a function of its content.
  return zipSync(entries, { mtime: new Date(1980, 0, 1) });
}
