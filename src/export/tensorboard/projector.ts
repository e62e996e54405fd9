/**
 * Vectors for the embedding projector: `projector_config.pbtxt` beside the event file names a TSV of vectors and one of their
 * labels (TensorBoard, `plugins/projector/projector_config.proto`). The projector shows one state of each, the newest.
 */
import { crc32 } from '../../base/crc32';
import { slug } from '../../base/slug';
import type { MediaContent } from '../../store/media';

/** The vectors of one name. */
export type Embedding = Extract<MediaContent, { kind: 'embedding' }>;

/** What the projector's config says of vectors. */
export interface ProjectorEntry {
  name: string;
  rows: number;
  width: number;
  /** Whether there are labels. */
  labels: boolean;
}

/** Name of the config, beside the event file. */
export const PROJECTOR_CONFIG = 'projector_config.pbtxt';

/** The entry of vectors. */
export const projectorEntry = (name: string, { vectors, width, columns }: Embedding): ProjectorEntry => ({
  name,
  rows: width > 0 ? vectors.length / width : 0,
  width,
  labels: columns.length > 0,
});

/** The config over all vectors. */
export function projectorConfig(entries: readonly ProjectorEntry[]): string {
  return entries
    .map(({ name, rows, width, labels }) =>
      [
        'embeddings {',
        `  tensor_name: ${quote(name)}`,
        `  tensor_shape: ${rows}`,
        `  tensor_shape: ${width}`,
        `  tensor_path: ${quote(vectorsPath(name))}`,
        ...(labels ? [`  metadata_path: ${quote(labelsPath(name))}`] : []),
        '}\n',
      ].join('\n'),
    )
    .join('');
}

/** The files of vectors: paths as from the event file's folder. */
export function embeddingFiles(
  name: string,
  { vectors, width, columns, metadata }: Embedding,
): { path: string; bytes: Uint8Array<ArrayBuffer> }[] {
  const encoder = new TextEncoder();
  const rows: string[] = [];
  for (let at = 0; at < vectors.length; at += width) {
    rows.push(Array.from(vectors.subarray(at, at + width), nineDigits).join('\t'));
  }
  const files = [{ path: vectorsPath(name), bytes: encoder.encode(`${rows.join('\n')}\n`) }];
  if (columns.length === 0) return files;
  // The projector takes the first line for the names of the columns where there are several, and only then.
  const lines = columns.length > 1 ? [columns, ...metadata] : metadata;
  const labels = lines.map((cells) => cells.map((cell) => cell.replace(/\s+/g, ' ')).join('\t'));
  return [...files, { path: labelsPath(name), bytes: encoder.encode(`${labels.join('\n')}\n`) }];
}

const vectorsPath = (name: string): string => `projector/${fileStem(name)}.tsv`;

const labelsPath = (name: string): string => `projector/${fileStem(name)}.labels.tsv`;

/** Different names have different files, also where they differ only in what file names cannot hold. */
const fileStem = (name: string): string =>
  `${slug(name)}-${crc32(new TextEncoder().encode(name)).toString(16).padStart(8, '0')}`;

/** Nine digits give every float32 back. */
const nineDigits = (value: number): string => String(Number(value.toPrecision(9)));

/** A string of protobuf's text format. */
// eslint-disable-next-line no-control-regex -- control characters are what is taken out
const quote = (text: string): string => JSON.stringify(text.replace(/[\u0000-\u001f\u007f]/g, ' '));
