/** Exporting and importing of models as a worker offers it. */
import type { ModelRef, ModelRow } from '../store/schema';
import type { ExportFormat, ExportedFile } from './names';

/** The part of the model worker that reads and writes files. */
export interface ExportApi {
  /** Writes a model as a file. Throws LatheError `not_found`, `storage`. */
  exportModel(ref: ModelRef, format: ExportFormat): Promise<ExportedFile>;
  /** Opens a bundle and stores it for prediction. Throws LatheError `bundle` naming the file that is wrong. */
  importBundle(file: File): Promise<ModelRow>;
}
