/** What the model worker exports and imports. */
import type { Database } from '../store/database';
import type { ExportApi } from './api';
import { exportModel } from './export-model';
import { importBundle } from './import-bundle';

/** @param startBackend makes tfjs ready; called where a format needs it. */
export function exportCommands(database: Database, startBackend: () => Promise<unknown>): ExportApi {
  return {
    exportModel: (ref, format) => exportModel(database, ref, format, startBackend),
    importBundle: (file) => importBundle(database, file),
  };
}
