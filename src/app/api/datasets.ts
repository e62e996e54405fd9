/** Datasets: what was dropped on the page, and samples. */
import type { ColumnRole } from '../../config/schema';
import type { DatasetRow, ModelRow } from '../../store/schema';

/** A file with its path inside what was dropped (`digits/3/img_07.png`). */
export interface ImportFile {
  path: string;
  file: File;
}

/** What an import made of the files. */
export interface ImportResult {
  datasets: DatasetRow[];
  /** Bundles among the files, opened for prediction. */
  models: ModelRow[];
  /** Files that could not be used, each with the reason. */
  refused: { path: string; reason: string }[];
}

/** A window of a dataset, for looking at. */
export type Preview =
  | { kind: 'table'; offset: number; rows: (string | null)[][] }
  | { kind: 'images'; offset: number; images: { name: string; label: string | null; bitmap: ImageBitmap }[] }
  | { kind: 'text'; offset: number; text: string };

/** A sample dataset that code makes. */
export interface SampleInfo {
  name: string;
  title: string;
  description: string;
}

/** Commands on datasets. */
export interface DatasetCommands {
  list(): Promise<DatasetRow[]>;
  get(id: string): Promise<DatasetRow>;
  import(files: ImportFile[]): Promise<ImportResult>;
  samples(): Promise<SampleInfo[]>;
  importSample(name: string): Promise<DatasetRow>;
  preview(id: string, offset: number, limit: number): Promise<Preview>;
  setRole(id: string, column: string, role: ColumnRole): Promise<DatasetRow>;
  rename(id: string, name: string): Promise<DatasetRow>;
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
}
