/** Models: trained or opened ones, and bundles of them. */
import type { GeneratedText, GenerationSettings, PredictionResult } from '../../analysis/prediction';
import type { ExportFormat, ExportedFile } from '../../export/names';
import type { ModelRef, ModelRow } from '../../store/schema';
import type { ImportFile } from './datasets';

/** Opens a bundle and keeps its model. @throws LatheError of kind `bundle`. */
export type ModelImporter = (file: File) => Promise<ModelRow>;

/** Commands on models. */
export interface ModelCommands {
  list(): Promise<ModelRow[]>;
  get(id: string): Promise<ModelRow>;
  rename(id: string, name: string): Promise<ModelRow>;
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  /** Predicts the examples of files dropped on a model, without keeping them. */
  predictFiles(model: ModelRef, files: ImportFile[]): Promise<PredictionResult>;
  /** Predicts (a split of) a dataset that is in the workbench. */
  predictDataset(
    model: ModelRef,
    datasetId: string,
    split: 'train' | 'val' | 'test' | 'all',
    limit?: number,
  ): Promise<PredictionResult>;
  /** Predicts plain feature values by column: for a table's form and the 2-D map. */
  predictRows(model: ModelRef, rows: Record<string, string>[]): Promise<PredictionResult>;
  /** Has a language model go on from a prompt. */
  generate(model: ModelRef, settings: GenerationSettings): Promise<GeneratedText>;
}

/** Commands on bundles of models. */
export interface BundleCommands {
  export(model: ModelRef, format: ExportFormat): Promise<ExportedFile>;
  import(file: File): Promise<ModelRow>;
}
