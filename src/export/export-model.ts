/** Writes a model, or the run that made it, as a file of any format. */
import type { Database } from '../store/database';
import type { ModelRef } from '../store/schema';
import { EXPORT_WRITERS } from './formats';
import type { ExportFormat, ExportedFile } from './names';
import { openSource } from './source';
import { exportTensorBoard } from './tensorboard/export';

/**
 * Exports the model `ref`.
 * @param startBackend makes tfjs ready; called only where a format needs it.
 * @throws LatheError of kind `not_found` or `storage`; `usage` where an imported model is to become what only runs can.
 */
export async function exportModel(
  database: Database,
  ref: ModelRef,
  format: ExportFormat,
  startBackend: () => Promise<unknown>,
): Promise<ExportedFile> {
  if (format === 'tensorboard') return exportTensorBoard(database, ref);
  const source = await openSource(database, ref);
  const writer = EXPORT_WRITERS[format];
  if (writer.needsBackend) await startBackend();
  return { name: writer.fileName(source.model.name), blob: await writer.write(source) };
}
