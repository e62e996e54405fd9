/** The data worker as the page sees it: files in, dataset rows and previews out. */
import type { DatasetRow } from '../store/schema';

/** A file with its path inside what was dropped (`digits/3/img_07.png`). */
export interface ImportFile {
  path: string;
  file: File;
}

/** A file that could not be used, with the reason as a sentence. */
export interface RefusedFile {
  path: string;
  reason: string;
}

/** What files turned into. */
export interface ImportOutcome {
  datasets: DatasetRow[];
  /** Bundles among the files, left for the bundle importer. */
  bundles: File[];
  refused: RefusedFile[];
}

/** How far an import is; `done` and `total` count bytes or files, as `stage` says. */
export interface ImportProgress {
  stage: string;
  done: number;
  total: number | null;
}

/** Hears of progress. */
export type OnProgress = (progress: ImportProgress) => void;

/** A window of a dataset, for looking at. Missing cells are null. */
export type DatasetPreview =
  | { kind: 'table'; offset: number; rows: (string | null)[][] }
  | { kind: 'images'; offset: number; images: { name: string; label: string | null; bitmap: ImageBitmap }[] }
  /** `offset` and the length in characters. */
  | { kind: 'text'; offset: number; text: string };

/** A sample dataset that code makes. */
export interface SampleDescription {
  name: string;
  title: string;
  description: string;
}

/** The data worker. */
export interface DataApi {
  /**
   * Reads files and stores what they hold as datasets. A dataset that is already there under the same name and with
   * the same content is not stored twice: its row is returned. `port` hears of progress (`ImportProgress` messages).
   * @throws LatheError of kind `data` when none of the files can be used.
   */
  importFiles(files: ImportFile[], port?: MessagePort): Promise<ImportOutcome>;
  /** Makes a sample dataset and stores it. */
  importSample(name: string, port?: MessagePort): Promise<DatasetRow>;
  samples(): SampleDescription[];
  /** Rows, thumbnails or characters `offset … offset + limit`, fewer at the end. */
  preview(dataset: DatasetRow, offset: number, limit: number): Promise<DatasetPreview>;
}
