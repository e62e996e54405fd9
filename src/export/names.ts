/** Names of the export formats: plain words that the page and the command line share. `formats.ts` writes them. */

/** Formats of an export: the bundle, or one part of it. */
export const EXPORT_FORMATS = ['bundle', 'tfjs', 'safetensors'] as const;

/** A format of an export. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** An exported file. */
export interface ExportedFile {
  name: string;
  blob: Blob;
}
