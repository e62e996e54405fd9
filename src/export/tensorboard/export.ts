/** A run as a ZIP of TensorBoard files: also one that has no model yet, or none any more. */
import { LatheError } from '../../base/errors';
import { slug } from '../../base/slug';
import type { Database } from '../../store/database';
import { getRun } from '../../store/runs';
import type { ModelRef } from '../../store/schema';
import type { ExportedFile } from '../names';
import { writeZip } from '../zip';
import { runToTensorBoard } from './run-files';

/**
 * The files in a folder that is named for the run: several such ZIPs can be unpacked into one place.
 * @throws LatheError of kind `usage` for a model that is no run's, `not_found` or `storage`
 */
export async function exportTensorBoard(database: Database, ref: ModelRef): Promise<ExportedFile> {
  if (!('run_id' in ref)) {
    throw new LatheError(
      'usage',
      'Only runs have curves: TensorBoard files are written of a run, not of an imported or registered model.',
    );
  }
  const { id, name } = await getRun(database, ref.run_id);
  const files = await runToTensorBoard(database, id, `${slug(name)}-${id}`);
  return {
    name: `${slug(name)}-tensorboard.zip`,
    blob: new Blob([writeZip(files)], { type: 'application/zip' }),
  };
}
