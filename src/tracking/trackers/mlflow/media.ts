/** What a run shows beside its curves, as files of the run: `media/<name>/<step>.<ext>`. */
import type { MediaRow } from '../../../store/media';
import { safeName } from './names';

/** A file to be put among those of a run. */
export interface MediaFile {
  path: string;
  type: string;
  content: Blob;
  /** Whether `mlflow.load_table` can open it. */
  table: boolean;
}

/** The files of some media. The same media give the same files. */
export async function mediaFiles(rows: readonly MediaRow[]): Promise<MediaFile[]> {
  const files: MediaFile[] = [];
  const seen = new Map<string, number>();
  for (const row of rows) {
    const stem = `media/${await safeName(row.name)}/${row.step}`;
    // Several of one name at one step: the second one is `12-2.png`.
    const count = (seen.get(stem) ?? 0) + 1;
    seen.set(stem, count);
    files.push(...filesOf(row, count === 1 ? stem : `${stem}-${count}`));
  }
  return files;
}

function filesOf({ content }: MediaRow, stem: string): MediaFile[] {
  const file = (end: string, type: string, data: BlobPart | BlobPart[]): MediaFile => ({
    path: `${stem}${end}`,
    type,
    content: data instanceof Blob ? data : new Blob(Array.isArray(data) ? data : [data], { type }),
    table: content.kind === 'table',
  });
  const caption = (text: string): MediaFile[] => (text === '' ? [] : [file('.caption.txt', 'text/plain', text)]);
  switch (content.kind) {
    case 'image':
      return [file('.png', 'image/png', content.blob), ...caption(content.caption)];
    case 'audio':
      return [file('.wav', 'audio/wav', content.blob), ...caption(content.caption)];
    case 'text':
      return [file('.md', 'text/markdown', content.text)];
    case 'table':
      // As `mlflow.log_table` writes it: pandas' `orient="split"`.
      return [file('.json', 'application/json', json({ columns: content.columns, data: content.rows }))];
    case 'histogram': {
      const { edges, counts, min, max, count, sum, sum_squares } = content;
      const text = json({ edges: [...edges], counts: [...counts], min, max, count, sum, sum_squares });
      return [file('.json', 'application/json', text)];
    }
    case 'embedding': {
      const type = 'text/tab-separated-values';
      const vectors = [...rowsOf(content.vectors, content.width)];
      if (content.columns.length === 0) return [file('.tsv', type, vectors)];
      // As the embedding projector reads them: a header only where there is more than one column.
      const header = content.columns.length > 1 ? [content.columns] : [];
      const metadata = [...header, ...content.metadata].map((row) => `${row.map(cell).join('\t')}\n`);
      return [file('.tsv', type, vectors), file('.metadata.tsv', type, metadata)];
    }
  }
}

function* rowsOf(vectors: Float32Array, width: number): Generator<string> {
  for (let at = 0; at < vectors.length; at += width) yield `${vectors.subarray(at, at + width).join('\t')}\n`;
}

const cell = (text: string): string => text.replace(/[\t\r\n]+/g, ' ');

/** Numbers that JSON has no form for are text, as protobuf's JSON has it. */
const json = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner,
  );
