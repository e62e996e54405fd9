/**
 * A run as an offline run of W&B: a folder that `wandb sync` sends, for when this browser cannot reach the service, or may
 * not. Pure: the same run gives the same bytes.
 */
import type { MediaRow } from '../../store/media';
import type { MetricSeries } from '../../store/metrics';
import type { LogRow, Metrics } from '../../store/schema';
import { settingsOf, type Origin } from '../wandb/config';
import { wandbJson, wandbNumber } from '../wandb/json';
import { consoleText, historyRows, systemRows, timeEntries } from '../wandb/lines';
import { wandbMedia } from '../wandb/media';
import { remotePath } from '../wandb/paths';
import { writeZip, type ArchiveFile } from '../zip';
import { LogWriter } from './log-blocks';
import { RecordEncoder, type Entries } from './records';

/** All of a run. */
export interface OfflineRun {
  id: string;
  name: string;
  /** Null: that of the key with which it is sent. */
  entity: string | null;
  project: string;
  /** What it is part of. */
  group: { name: string; role: string } | null;
  notes: string;
  tags: readonly string[];
  /** Milliseconds since the epoch. */
  started: number;
  /** Null while it has not ended: its file ends as that of a run that was cut off. */
  ended: { at: number; exitCode: number } | null;
  /** Settings with dotted keys. */
  params: Record<string, string | number | boolean | null>;
  origin: Origin;
  /** Beside the last values of all metrics, which need not be given. */
  summary: Metrics;
  points: readonly MetricSeries[];
  media: readonly MediaRow[];
  lines: readonly LogRow[];
  files: readonly ArchiveFile[];
}

/** Name of the folder: `offline-run-20260102_030405-ID`, in UTC. */
export const folderOf = ({ id, started }: Pick<OfflineRun, 'id' | 'started'>): string =>
  `offline-run-${new Date(started).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_')}-${id}`;

/** The files of the folder, below `wandb/`. Needs a secure context (WebCrypto). */
export async function offlineFiles(run: OfflineRun): Promise<ArchiveFile[]> {
  const media = await Promise.all(run.media.map(wandbMedia));
  const files = new Map(run.files.map(({ path, bytes }) => [remotePath(path), bytes]));
  for (const { file } of media) {
    if (file) files.set(file.path, new Uint8Array(await file.blob.arrayBuffer()));
  }
  const encoder = new RecordEncoder(run.id);
  const log = new LogWriter();
  const { version } = run.origin;
  log.add(encoder.header(`lathe ${version}`));
  log.add(
    encoder.run({
      ...run,
      group: run.group?.name ?? null,
      jobType: run.group?.role ?? 'train',
      config: Object.entries(settingsOf(run.params, run.origin)).map(([key, value]) => [key, wandbJson(value)]),
    }),
  );

  const summary = new Map<string, string>();
  for (const row of historyRows(run.points, media)) {
    const entries: Entries = [...row.entries, ['_step', wandbNumber(row.step)], ...timeEntries(row, run.started)];
    log.add(encoder.history(row.step, entries));
    for (const [key, json] of entries) summary.set(key, json);
  }
  for (const row of systemRows(run.points)) log.add(encoder.stats(row.time, row.entries));
  for (const { at, level, message } of run.lines) {
    for (const line of consoleText(level, message)) log.add(encoder.output(at, line, level !== 'info'));
  }
  if (files.size > 0) log.add(encoder.files([...files.keys()]));
  for (const [key, value] of Object.entries(run.summary)) summary.set(key, wandbNumber(value));
  log.add(encoder.summary([...summary]));
  if (run.ended) log.add(encoder.exit(run.ended.exitCode, (run.ended.at - run.started) / 1000));

  const folder = `wandb/${folderOf(run)}`;
  return [
    { path: `${folder}/run-${run.id}.wandb`, bytes: log.bytes() },
    ...[...files].map(([path, bytes]) => ({ path: `${folder}/files/${path}`, bytes })),
  ];
}

/** The same as a ZIP: unpack it and run `wandb sync wandb/offline-run-…`. */
export async function writeOfflineRun(run: OfflineRun): Promise<Blob> {
  return new Blob([writeZip(await offlineFiles(run))], { type: 'application/zip' });
}
