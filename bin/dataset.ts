/** The data of a training command: files of the machine, a dataset of the profile, or a sample. */
import { existsSync } from 'node:fs';
import * as v from 'valibot';
import { LatheError } from '../src/base/errors';
import type { RunConfig } from '../src/config/schema';
import { userPath } from './arguments';
import type { DrivenPage } from './page';
import { dataset as datasetRow, samples } from './results';

/**
 * The dataset to train on, imported from `path` or else found by `data.dataset`, which may be a path, a dataset of the
 * profile or a sample.
 * @param note told what people should know of the data
 * @returns its id
 * @throws LatheError of kind `data` when nothing or more than one dataset is there
 */
export async function provideDataset(
  page: DrivenPage,
  config: RunConfig,
  path: string | null,
  note: (line: string) => void,
): Promise<string> {
  const name = config.data.dataset;
  const files = path ?? (name !== null && existsSync(userPath(name)) ? userPath(name) : null);
  if (files) return importOne(page, files, path ? name : null, note);
  if (name === null)
    throw new LatheError('config', 'data.dataset is null and no --data was given.', { key: 'data.dataset' });

  const stored = (await page.call('datasets', 'list', [], v.array(datasetRow))).find((row) => row.name === name);
  if (stored) return stored.id;
  const known = await page.call('datasets', 'samples', [], samples);
  if (known.some((sample) => sample.name === name)) {
    return (await page.call('datasets', 'importSample', [name], datasetRow)).id;
  }
  throw new LatheError(
    'config',
    `data.dataset is ${name}, which is no path, no dataset of this profile and no sample (${known.map((sample) => sample.name).join(', ')}). Give --data a path.`,
    { key: 'data.dataset' },
  );
}

async function importOne(
  page: DrivenPage,
  path: string,
  name: string | null,
  note: (line: string) => void,
): Promise<string> {
  const { datasets, refused } = await page.importFiles(path);
  if (datasets.length === 0) {
    throw new LatheError(
      'data',
      refused.map(({ reason }) => reason).join(' ') || `${path}: no data that Lathe can read was found there.`,
      {
        file: path,
      },
    );
  }
  if (datasets.length > 1) {
    const names = datasets.map((row) => row.name).join(', ');
    throw new LatheError(
      'data',
      `${path} holds ${datasets.length} datasets (${names}). Give --data the path of one of them.`,
      { file: path },
    );
  }
  const [row] = datasets;
  for (const { reason } of refused) note(reason);
  for (const { message } of row.notices) note(message);
  // With files given, `data.dataset` only names them.
  if (name !== null && name !== row.name) await page.call('datasets', 'rename', [row.id, name], datasetRow);
  return row.id;
}
