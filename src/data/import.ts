/** Files of any kind to datasets: archives are opened, formats recognised, and each reader gets its files. */
import { LatheError } from '../base/errors';
import type { BlobStore } from '../store/blobs';
import type { DatasetRow } from '../store/schema';
import type { ImportFile, ImportOutcome, OnProgress } from './api';
import { isJunk } from './readers/junk';
import { failureOf, readHead, type ReadContext, type Reader } from './readers/reader';
import { READERS, UNPACKERS } from './readers/registry';
import { isBundle, zip } from './readers/zip';

/**
 * Reads files into `blobs` and returns the datasets they make; the caller stores their rows. Several tables make several
 * datasets, texts one together, loose images one together, the images of a ZIP one, IDX files one a pair. A file that cannot be used is listed
 * with the reason, and the others are read all the same.
 * @throws LatheError of kind `data` when nothing usable is left, of kind `storage` when the disk is full.
 */
export async function importFiles(
  files: ImportFile[],
  blobs: BlobStore,
  onProgress: OnProgress = () => {},
): Promise<ImportOutcome> {
  const outcome: ImportOutcome = { datasets: [], bundles: [], refused: [] };
  const errors: LatheError[] = [];
  const context: ReadContext = {
    blobs,
    onProgress,
    refuse(path, error) {
      outcome.refused.push({ path, reason: error.message });
      errors.push(error);
    },
  };

  const loose: ImportFile[] = [];
  for (const file of files) {
    if (isJunk(file.path)) continue;
    try {
      const head = await readHead(file.file);
      if (zip.recognises(head)) {
        if (await isBundle(file.file, file.path)) outcome.bundles.push(file.file);
        else outcome.datasets.push(...(await readGroup(await zip.unpack(file, onProgress), context)));
      } else loose.push(file);
    } catch (error) {
      context.refuse(file.path, failureOf(file.path, error));
    }
  }
  outcome.datasets.push(...(await readGroup(loose, context)));

  if (outcome.datasets.length === 0 && outcome.bundles.length === 0) throw nothingUsable(files, errors);
  return outcome;
}

/** Datasets of files that came together. */
async function readGroup(files: ImportFile[], context: ReadContext): Promise<DatasetRow[]> {
  const byReader = new Map<Reader, ImportFile[]>(READERS.map((reader) => [reader, []]));
  for (const file of files) {
    try {
      const { opened, head } = await open(file, context);
      byReader.get(recognise(opened, head))?.push(opened);
    } catch (error) {
      context.refuse(file.path, failureOf(file.path, error));
    }
  }
  const datasets: DatasetRow[] = [];
  const present = [...byReader].filter(([, own]) => own.length > 0);
  for (const [reader, own] of present) {
    if (reader.alone && present.length > 1) refuseBeside(own, context);
    else datasets.push(...(await reader.read(own, context)));
  }
  return datasets;
}

/** Sets text aside that came with other data, which it most likely describes. */
function refuseBeside(files: ImportFile[], context: ReadContext): void {
  for (const { path } of files) {
    const message = `${path} is text that came with other data, and was left out. Drop it alone to train a language model on it.`;
    context.refuse(path, new LatheError('data', message, { file: path }));
  }
}

/** A file with its beginning, out of its compression if it has one. */
async function open(file: ImportFile, context: ReadContext): Promise<{ opened: ImportFile; head: Uint8Array }> {
  const head = await readHead(file.file);
  const unpacker = UNPACKERS.find((each) => each.recognises(head));
  if (!unpacker) return { opened: file, head };
  if (unpacker === zip) {
    throw new LatheError('data', `${file.path} is a ZIP inside a ZIP. Unpack the outer one and drop the inner.`, {
      file: file.path,
    });
  }
  const [opened] = await unpacker.unpack(file, context.onProgress);
  return { opened, head: await readHead(opened.file) };
}

/** @throws LatheError of kind `data` when no reader knows the file. */
function recognise({ path, file }: ImportFile, head: Uint8Array): Reader {
  if (file.size === 0) {
    throw new LatheError('data', `${path} is empty (0 bytes). Choose a file with content.`, { file: path });
  }
  const reader = READERS.find((each) => each.recognises(head, path));
  if (reader) return reader;
  throw new LatheError('data', `${path} is of no kind that can be read: it is not one of ${known()}.`, { file: path });
}

const known = (): string => [...READERS.map((reader) => reader.files), 'a ZIP or gzip of these'].join(', ');

function nothingUsable(files: ImportFile[], errors: LatheError[]): LatheError {
  if (errors.length === 0) {
    return new LatheError(
      'data',
      files.length === 0
        ? 'There are no files to read. Drop or choose some.'
        : `There is nothing to read in ${files[0].path}. Drop ${known()}.`,
    );
  }
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more could not be used)` : '';
  return new LatheError(
    'data',
    `${first.message}${more}`,
    first.where,
    errors.map((error) => error.message),
  );
}
