/** Names of the export formats: plain words that the page and the command line share. `formats.ts` writes them. */

/** Formats of an export: the bundle, one part of it, or the record of a run for another program. */
export const EXPORT_FORMATS = ['bundle', 'tfjs', 'safetensors', 'tensorboard', 'wandb'] as const;

/** A format of an export. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Those that hold the model. */
export type ModelFormat = Exclude<ExportFormat, 'tensorboard'>;

/** An exported file. */
export interface ExportedFile {
  name: string;
  blob: Blob;
}
