/** ZIP archives: judged by their directory first, then unpacked entry by entry, every byte counted and checked. */
import { Inflate } from 'fflate';
import { LatheError } from '../../base/errors';
import type { ImportFile } from '../api';
import { crc32 } from '../../base/crc32';
import { isJunk } from './junk';
import { LIMITS, megabytes } from './limits';
import { hasMagic, type Unpacker } from './reader';
import { packedData, readDirectory, type ZipEntry } from './zip-directory';

/** Opens ZIP archives. */
export const zip: Unpacker = {
  name: 'zip',
  recognises: (head) => hasMagic(head, [0x50, 0x4b, 3, 4]) || hasMagic(head, [0x50, 0x4b, 5, 6]),

  async unpack({ path, file }, onProgress) {
    const all = await readDirectory(file, path);
    judgePaths(path, all);
    const entries = all.filter((entry) => !entry.path.endsWith('/') && !isJunk(entry.path));
    judge(path, entries);
    const files: ImportFile[] = [];
    const folder = path.replace(/\.zip$/i, '');
    for (const [i, entry] of entries.entries()) {
      if (i % 50 === 0) onProgress({ stage: `Unpacking ${path}`, done: i, total: entries.length });
      const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
      files.push({ path: `${folder}/${entry.path}`, file: new File([await unpackEntry(file, entry, path)], name) });
    }
    return files;
  },
};

const BUNDLE_PARTS: ReadonlySet<string> = new Set([
  'model.json',
  'model.safetensors',
  'preprocessing.json',
  'config.yaml',
]);

/**
 * Whether a ZIP is a bundle of Lathe: it has a manifest at its top, beside parts of a model.
 * @throws LatheError of kind `data` when the archive is damaged.
 */
export async function isBundle(file: Blob, path: string): Promise<boolean> {
  const names = (await readDirectory(file, path)).map((entry) => entry.path);
  return (
    names.includes('manifest.json') && names.some((name) => BUNDLE_PARTS.has(name.slice(name.lastIndexOf('/') + 1)))
  );
}

/** Refuses archives that name files outside of themselves, hidden ones included. */
function judgePaths(path: string, entries: ZipEntry[]): void {
  const outside = entries.find((entry) => leavesFolder(entry.path));
  if (!outside) return;
  throw new LatheError(
    'data',
    `${path}: the entry “${outside.path}” points outside the archive (“../” or an absolute path). The ZIP is unsafe and was not opened; pack it again with relative paths.`,
    { file: path },
  );
}

/** Refuses archives that are too large or cannot be unpacked, before a byte of them is. */
function judge(path: string, entries: ZipEntry[]): void {
  const refuse = (sentence: string): never => {
    throw new LatheError('data', `${path}: ${sentence}`, { file: path });
  };
  if (entries.length === 0) refuse('the ZIP is empty. Pack the files again.');
  if (entries.some((entry) => entry.path === '[Content_Types].xml')) {
    refuse('this is an Office document. Save the table as CSV and drop that.');
  }
  if (entries.length > LIMITS.entries) {
    refuse(
      `the ZIP holds ${entries.length.toLocaleString('en')} files, more than ${LIMITS.entries.toLocaleString('en')}. Split it.`,
    );
  }
  let total = 0;
  for (const entry of entries) {
    const name = `the entry “${entry.path}”`;
    if (entry.encrypted) refuse(`${name} is encrypted. Unpack it with its password and drop the files.`);
    if (entry.method !== 0 && entry.method !== 8) {
      refuse(
        `${name} is compressed by method ${entry.method}; only stored and deflate can be read. Pack it again as an ordinary ZIP.`,
      );
    }
    if (entry.bytes > LIMITS.ratioFrom && entry.bytes > entry.packedBytes * LIMITS.ratio) {
      refuse(
        `${name} would unpack from ${megabytes(entry.packedBytes)} to ${megabytes(entry.bytes)}, more than ${LIMITS.ratio} times: a ZIP bomb. It was not opened.`,
      );
    }
    total += entry.bytes;
  }
  if (total > LIMITS.totalBytes) {
    refuse(
      `the ZIP would unpack to ${megabytes(total)}, more than ${megabytes(LIMITS.totalBytes)}. Unpack it yourself and drop the part you need.`,
    );
  }
}

const leavesFolder = (path: string): boolean =>
  /^([/\\]|[A-Za-z]:)/.test(path) || path.split(/[/\\]/).includes('..') || path.includes('\0');

async function unpackEntry(file: Blob, entry: ZipEntry, path: string): Promise<Blob> {
  const broken = (why: string, cause?: unknown): LatheError =>
    new LatheError(
      'data',
      `${path}: the entry “${entry.path}” is damaged (${why}). Download or pack the ZIP again.`,
      { file: path },
      [],
      { cause },
    );
  const packed = new Uint8Array(await (await packedData(file, entry, path)).arrayBuffer());
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let crc = 0;
  const take = (part: Uint8Array): void => {
    bytes += part.length;
    // The directory is only a claim: what really comes out is counted too.
    if (bytes > entry.bytes) throw broken(`it is longer than the ${megabytes(entry.bytes)} its directory says`);
    crc = crc32(part, crc);
    parts.push(part.slice());
  };
  if (entry.method === 0) take(packed);
  else inflate(packed, take, broken);
  if (bytes !== entry.bytes) throw broken('it ends too early');
  if (crc !== entry.crc32) throw broken('its checksum is wrong');
  return new Blob(parts);
}

const PIECE = 1 << 16;

function inflate(
  packed: Uint8Array,
  take: (part: Uint8Array) => void,
  broken: (why: string, cause?: unknown) => LatheError,
): void {
  const stream = new Inflate((part) => take(part));
  try {
    // In small pieces, so that a lying entry is stopped soon after it passes its stated size.
    for (let at = 0; at < packed.length; at += PIECE) {
      stream.push(packed.subarray(at, at + PIECE), at + PIECE >= packed.length);
    }
  } catch (error) {
    throw error instanceof LatheError ? error : broken('it cannot be inflated', error);
  }
}
