/**
 * The central directory of a ZIP archive (PKWARE APPNOTE 6.3.10, ZIP64 included): what is in it, read before anything is
 * unpacked. Only the directory is read, however large the archive is.
 */
import { LatheError } from '../../base/errors';

/** One file or folder of an archive. */
export interface ZipEntry {
  path: string;
  /** 0 stored, 8 deflate; others cannot be unpacked. */
  method: number;
  encrypted: boolean;
  crc32: number;
  packedBytes: number;
  bytes: number;
  /** Where its local header begins. */
  offset: number;
}

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const MAX_COMMENT = 65_535;

/**
 * Lists an archive.
 * @throws LatheError of kind `data` when the directory is missing or damaged, as in a download that broke off.
 */
export async function readDirectory(file: Blob, path: string): Promise<ZipEntry[]> {
  const damaged = (): LatheError =>
    new LatheError(
      'data',
      `${path} is a damaged or truncated ZIP: its directory cannot be read. Download or pack it again.`,
      { file: path },
    );
  const tailStart = Math.max(0, file.size - MAX_COMMENT - 22 - 20);
  const tail = await view(file, tailStart, file.size);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== END) end--;
  if (end < 0) throw damaged();
  let count = tail.getUint16(end + 10, true);
  let size = tail.getUint32(end + 12, true);
  let start = tail.getUint32(end + 16, true);
  if (end >= 20 && tail.getUint32(end - 20, true) === END64_LOCATOR) {
    const at = Number(tail.getBigUint64(end - 12, true));
    if (at + 56 > file.size) throw damaged();
    const end64 = await view(file, at, at + 56);
    if (end64.getUint32(0, true) !== END64) throw damaged();
    count = Number(end64.getBigUint64(32, true));
    size = Number(end64.getBigUint64(40, true));
    start = Number(end64.getBigUint64(48, true));
  }
  if (start + size > file.size) throw damaged();

  const directory = await view(file, start, start + size);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    if (at + 46 > size || directory.getUint32(at, true) !== ENTRY) throw damaged();
    const flags = directory.getUint16(at + 8, true);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      directory.getUint16(at + offset, true),
    );
    if (at + 46 + nameLength + extraLength > size) throw damaged();
    const name = new Uint8Array(directory.buffer, directory.byteOffset + at + 46, nameLength);
    const entry: ZipEntry = {
      path: decodeName(name, (flags & 0x800) !== 0),
      method: directory.getUint16(at + 10, true),
      encrypted: (flags & 1) !== 0 || (flags & 0x40) !== 0,
      crc32: directory.getUint32(at + 16, true),
      packedBytes: directory.getUint32(at + 20, true),
      bytes: directory.getUint32(at + 24, true),
      offset: directory.getUint32(at + 42, true),
    };
    readZip64(directory, at + 46 + nameLength, extraLength, entry);
    entries.push(entry);
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** The packed bytes of an entry. */
export async function packedData(file: Blob, entry: ZipEntry, path: string): Promise<Blob> {
  const damaged = (): LatheError =>
    new LatheError('data', `${path}: the entry “${entry.path}” is damaged. Download or pack the ZIP again.`, {
      file: path,
    });
  if (entry.offset + 30 > file.size) throw damaged();
  const header = await view(file, entry.offset, entry.offset + 30);
  if (header.getUint32(0, true) !== LOCAL) throw damaged();
  const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.packedBytes > file.size) throw damaged();
  return file.slice(start, start + entry.packedBytes);
}

/** Sizes past 4 GB stand in an extra field, those only whose 32-bit field is full, in this order. */
function readZip64(directory: DataView, start: number, length: number, entry: ZipEntry): void {
  let at = start;
  while (at + 4 <= start + length) {
    const id = directory.getUint16(at, true);
    const size = directory.getUint16(at + 2, true);
    if (id === 1) {
      let field = at + 4;
      for (const key of ['bytes', 'packedBytes', 'offset'] as const) {
        if (entry[key] !== 0xffff_ffff || field + 8 > at + 4 + size || field + 8 > directory.byteLength) continue;
        entry[key] = Number(directory.getBigUint64(field, true));
        field += 8;
      }
    }
    at += 4 + size;
  }
}

/** Names are UTF-8 where the flag says so, and in practice wherever they are valid UTF-8; else Latin-1. */
function decodeName(bytes: Uint8Array, utf8: boolean): string {
  if (utf8) return new TextDecoder().decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

async function view(file: Blob, from: number, to: number): Promise<DataView> {
  return new DataView(await file.slice(from, to).arrayBuffer());
}
