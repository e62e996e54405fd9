import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { configFromYaml } from '../../../src/config/yaml';
import type { RunConfig } from '../../../src/config/schema';
import { LatheError } from '../../../src/base/errors';
import type { ImportFile } from '../../../src/data/api';
import { importFiles } from '../../../src/data/import';
import type { PreparedData } from '../../../src/data/contract';
import { prepareTraining } from '../../../src/data/prepare';
import { memoryBlobs, type BlobStore } from '../../../src/store/blobs';
import type { ImageDatasetRow, TableDatasetRow } from '../../../src/store/schema';

/** A file of text or bytes at `path`. */
export function file(path: string, content: string | Uint8Array): ImportFile {
  return { path, file: new File([content as BlobPart], path.slice(path.lastIndexOf('/') + 1)) };
}

/** Imports one table and says where its cells are. */
export async function importTable(
  path: string,
  content: string | Uint8Array,
): Promise<{ dataset: TableDatasetRow; blobs: BlobStore }> {
  const blobs = memoryBlobs();
  const { datasets } = await importFiles([file(path, content)], blobs);
  return { dataset: asTable(datasets[0]), blobs };
}

/** Imports and prepares a table by a config in YAML. */
export async function prepareCsv(content: string, yaml = ''): Promise<PreparedData & { dataset: TableDatasetRow }> {
  const { dataset, blobs } = await importTable('data.csv', content);
  return Object.assign(await prepareTraining(dataset, config(yaml), blobs), { dataset });
}

/** A run config from what differs from the defaults. */
export const config = (yaml: string): RunConfig => configFromYaml(yaml);

export function asTable(dataset: unknown): TableDatasetRow {
  const row = dataset as TableDatasetRow;
  if (row?.kind !== 'table') throw new Error('not a table');
  return row;
}

export function asImages(dataset: unknown): ImageDatasetRow {
  const row = dataset as ImageDatasetRow;
  if (row?.kind !== 'images') throw new Error('not images');
  return row;
}

/** What `action` throws, which must be a LatheError. */
export async function failure(action: () => unknown): Promise<LatheError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof LatheError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Text of all notices. */
export const told = (row: { notices: { message: string }[] }): string => row.notices.map((n) => n.message).join('\n');

/** Roles by column. */
export const roles = (row: TableDatasetRow): Record<string, string> =>
  Object.fromEntries(row.columns.map(({ name, role }) => [name, role]));

/** The folder of shared test data, or null with a line that says so. */
export function sharedData(): string | null {
  const folder = resolve(import.meta.dirname, '../../../../shared/data');
  if (existsSync(folder)) return folder;
  process.stdout.write('skipped: ../shared/data is not here\n');
  return null;
}

/** A file of the shared test data. */
export const sharedFile = (folder: string, path: string, as = path): ImportFile =>
  file(as, new Uint8Array(readFileSync(resolve(folder, path))));
