/// <reference types="wicg-file-system-access" />
/** Files and folders as the browser hands them over (drop, picker, directory handle), as one list with paths. */
import type { ImportFile } from '../app/api';

/** System files that ride along in folders and are never data. */
const IGNORED = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|\.git\/|__MACOSX\/)/;

/** Whether a drag carries files (and not, say, selected text). */
export const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/**
 * All files of a drop, folders walked through. Must be called inside the event: the entries are gone after it.
 */
export async function filesOfDrop(transfer: DataTransfer): Promise<ImportFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return filesOfList(transfer.files);
  const found: ImportFile[] = [];
  for (const entry of entries) await walk(entry, '', found);
  return keep(found);
}

/** The files of an `<input type="file">`, with their paths where a folder was picked. */
export function filesOfList(list: FileList | readonly File[]): ImportFile[] {
  return keep([...list].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** The files under a directory handle. */
export async function filesOfDirectory(handle: FileSystemDirectoryHandle): Promise<ImportFile[]> {
  const found: ImportFile[] = [];
  const visit = async (directory: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
    for await (const entry of directory.values()) {
      const path = `${prefix}/${entry.name}`;
      if (entry.kind === 'directory') await visit(entry, path);
      else found.push({ path, file: await entry.getFile() });
    }
  };
  await visit(handle, handle.name);
  return keep(found);
}

/** Opens the folder picker; null where the user closed it. Falls back to a folder input where there is no such picker. */
export async function pickFolder(): Promise<ImportFile[] | null> {
  if (!('showDirectoryPicker' in window)) return pickFiles({ folder: true });
  try {
    return await filesOfDirectory(await window.showDirectoryPicker());
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null;
    throw error;
  }
}

/** Opens the file picker; null where the user closed it. */
export function pickFiles(options: { folder?: boolean } = {}): Promise<ImportFile[] | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.webkitdirectory = options.folder === true;
    input.addEventListener('change', () => resolve(input.files?.length ? filesOfList(input.files) : null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

/** Saves a blob through the browser's downloads. */
export function download(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // The download keeps the blob; the address is only needed until it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const keep = (files: ImportFile[]): ImportFile[] => files.filter(({ path }) => !IGNORED.test(path));

async function walk(entry: FileSystemEntry, prefix: string, found: ImportFile[]): Promise<void> {
  const path = prefix ? `${prefix}/${entry.name}` : entry.name;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    found.push({ path, file });
  } else if (isDirectory(entry)) {
    const reader = entry.createReader();
    // readEntries gives at most a hundred at a time, and an empty list at the end.
    for (;;) {
      const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (batch.length === 0) break;
      for (const child of batch) await walk(child, path, found);
    }
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
