/** A run of the store as TensorBoard files. */
import type { Database } from '../../store/database';
import { readLog } from '../../store/logs';
import { readMedia, type MediaRow } from '../../store/media';
import { readMetrics, type MetricSeries } from '../../store/metrics';
import { getRun } from '../../store/runs';
import type { LogRow, RunRow } from '../../store/schema';
import { describeRow, type DescribedRun } from '../described-run';
import type { ArchiveFile } from '../zip';
import { EventFile, eventFileName } from './event-file';
import { embeddingFiles, PROJECTOR_CONFIG, projectorConfig, projectorEntry, type Embedding } from './projector';

/** What is stored of a run. */
export interface StoredRun {
  row: RunRow;
  series: MetricSeries[];
  /** By step. */
  media: MediaRow[];
  lines: LogRow[];
}

/**
 * Everything of a run: an event file of its points, media and log, and the projector's files. A function of what is stored: the
 * same run gives the same bytes.
 * @param folder what the paths begin with
 * @throws LatheError of kind `not_found` or `storage`
 */
export async function runToTensorBoard(
  database: Database,
  runId: string,
  folder = 'tensorboard',
): Promise<ArchiveFile[]> {
  const [row, series, media, lines] = await Promise.all([
    getRun(database, runId),
    readMetrics(database, runId),
    readMedia(database, runId),
    readLog(database, runId),
  ]);
  return tensorBoardFiles({ row, series, media, lines }, folder);
}

/** The same of a run that was read already. */
export async function tensorBoardFiles(
  { row, series, media, lines }: StoredRun,
  folder: string,
): Promise<ArchiveFile[]> {
  const run = describe(row, series, lines);
  const file = new EventFile();
  file.begin(run.started);
  file.start(run);
  for (const metric of series) file.scalars(metric);
  const embeddings = new Map<string, Embedding>();
  for (const item of media) {
    if (item.content.kind === 'embedding') embeddings.set(item.name, item.content);
    else await file.media(item);
  }
  file.lines(0, lines);
  file.about(0, run.ended ?? run.started, run);
  if (run.ended !== null) file.end(run, run.ended);

  const files: ArchiveFile[] = [{ path: eventFileName(run), bytes: file.take() }];
  if (embeddings.size > 0) {
    const config = projectorConfig([...embeddings].map(([name, content]) => projectorEntry(name, content)));
    files.push({ path: PROJECTOR_CONFIG, bytes: new TextEncoder().encode(config) });
    for (const [name, content] of embeddings) files.push(...embeddingFiles(name, content));
  }
  return files.map(({ path, bytes }) => ({ path: `${folder}/${path}`, bytes }));
}

function describe(row: RunRow, series: MetricSeries[], lines: LogRow[]): DescribedRun {
  const run = describeRow(row);
  // When a row was written last is no end of the run: new tags write it, too.
  const last = Math.max(row.created, ...series.map(({ times }) => times.at(-1) ?? 0), lines.at(-1)?.at ?? 0);
  return { ...run, ended: run.ended === null ? null : last };
}
