/**
 * Media as W&B keeps them: a small object in the line of their step, and for most kinds a file beside it under `media/`, named
 * by key, step and the SHA-256 of its bytes. Read off the objects that wandb 0.31 sends.
 */
import { sha256 } from '../../base/hash';
import type { MediaContent, MediaRow } from '../../store/media';
import type { Json } from '../../store/study';
import { wandbJson } from './json';

/** One of a run’s media in W&B’s form. */
export interface WandbMedia {
  /** Key in the history. */
  name: string;
  step: number;
  /** Milliseconds since the epoch. */
  time: number;
  /** What stands in the history line. */
  value: { [key: string]: Json };
  /** The file that it names; null: it names none. */
  file: MediaFile | null;
}

/** A file of a run. */
export interface MediaFile {
  /** From the run’s folder of files: `media/images/samples_20_0f3….png`. */
  path: string;
  blob: Blob;
}

/** W&B refuses histograms of more bins. */
const MAX_BINS = 512;

/** Folder below `media/` and ending, by `_type`. */
const PLACES = {
  'image-file': { folder: 'images', ending: 'png', mime: 'image/png' },
  'audio-file': { folder: 'audio', ending: 'wav', mime: 'audio/wav' },
  'table-file': { folder: 'table', ending: 'table.json', mime: 'application/json' },
  'html-file': { folder: 'html', ending: 'html', mime: 'text/html' },
} as const;

/** A row of the store in W&B’s form. Needs a secure context (WebCrypto). */
export async function wandbMedia(row: MediaRow): Promise<WandbMedia> {
  const { name, step, time, content } = row;
  const at = { name, step, time };
  switch (content.kind) {
    case 'image': {
      const extra = { format: 'png', width: content.width, height: content.height, caption: content.caption };
      return { ...at, ...(await inFile(row, 'image-file', content.blob, extra)) };
    }
    case 'audio':
      return { ...at, ...(await inFile(row, 'audio-file', content.blob, { caption: content.caption })) };
    case 'text':
      return { ...at, ...(await inFile(row, 'html-file', new Blob([page(content.text)]), {})) };
    case 'table':
      return { ...at, ...(await table(row, content.columns, content.rows)) };
    case 'embedding':
      return { ...at, ...(await embedding(row, content)) };
    case 'histogram':
      return { ...at, value: histogram(content), file: null };
  }
}

type Placed = Pick<WandbMedia, 'value' | 'file'>;

async function inFile(
  { name, step }: MediaRow,
  type: keyof typeof PLACES,
  content: Blob,
  extra: Record<string, Json>,
): Promise<Placed> {
  const { folder, ending, mime } = PLACES[type];
  const hash = await sha256(await content.arrayBuffer());
  const path = `media/${folder}/${plain(name)}_${step}_${hash.slice(0, 20)}.${ending}`;
  return {
    value: { _type: type, sha256: hash, size: content.size, path, ...extra },
    file: { path, blob: content.slice(0, content.size, mime) },
  };
}

/** Slashes stay: they are folders there, too. No part may climb out of the folder. */
const plain = (name: string): string =>
  name
    .split('/')
    .map((part) => part.replace(/[^\w.-]+/g, '_').replace(/^\.+$/, '_'))
    .filter(Boolean)
    .join('/');

type Cell = string | number | boolean | null;

function table(row: MediaRow, columns: string[], data: Cell[][]): Promise<Placed> {
  const blob = new Blob([wandbJson({ columns, data })]);
  return inFile(row, 'table-file', blob, { ncols: columns.length, nrows: data.length });
}

/** W&B projects the numeric columns of a table: vectors become one column a dimension, behind those that describe them. */
function embedding(row: MediaRow, content: Extract<MediaContent, { kind: 'embedding' }>): Promise<Placed> {
  const { vectors, width, columns, metadata } = content;
  const dimensions = Array.from({ length: width }, (_, i) => `dimension_${i}`);
  const data = Array.from({ length: width > 0 ? vectors.length / width : 0 }, (_, i): Cell[] => [
    ...columns.map((_, column) => metadata[i]?.[column] ?? ''),
    ...vectors.subarray(i * width, (i + 1) * width),
  ]);
  return table(row, [...columns, ...dimensions], data);
}

/** Neighbouring bins are taken together where there are more than W&B takes. */
function histogram({ edges, counts }: Extract<MediaContent, { kind: 'histogram' }>): { [key: string]: Json } {
  const together = Math.max(1, Math.ceil(counts.length / MAX_BINS));
  const values: number[] = [];
  const bins: number[] = [];
  for (let from = 0; from < counts.length; from += together) {
    bins.push(edges[from]);
    values.push(counts.subarray(from, from + together).reduce((sum, count) => sum + count, 0));
  }
  if (counts.length > 0) bins.push(edges[counts.length]);
  return { _type: 'histogram', values, bins };
}

/** Text as a page that shows it as it is. */
function page(text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return `<!doctype html><meta charset="utf-8"><pre style="white-space: pre-wrap">${escaped}</pre>`;
}
