/** The files of a run or study that has ended: what is sent of it beside points, media and lines. */
import { LatheError } from '../../base/errors';
import { withoutRoom } from '../../config/without-room';
import type { Database } from '../../store/database';
import { readLog } from '../../store/logs';
import { readMetrics } from '../../store/metrics';
import { getRun } from '../../store/runs';
import { UNFINISHED, type ModelRef, type RunRow } from '../../store/schema';
import { getStudy, readTrials } from '../../store/studies';
import type { TrackedRun } from '../tracker';

/** A file before it is made. */
export interface PlannedFile {
  path: string;
  type: string;
  /** The same key: the same content. */
  key: string;
  /** Whether it is part of the model. */
  model: boolean;
  /** Null: there is nothing to put into it. @throws LatheError */
  make(): Promise<Blob | null>;
}

/** Writes a model as a bundle. */
export type ExportBundle = (model: ModelRef) => Promise<Blob>;

/** Files of what is tracked; empty while it has not ended. */
export async function plannedFiles(
  database: Database,
  run: TrackedRun,
  exportBundle: ExportBundle,
): Promise<PlannedFile[]> {
  if (run.ended === null) return [];
  return run.noun === 'study'
    ? filesOfStudy(database, run.id)
    : filesOfRun(database, await getRun(database, run.id), exportBundle);
}

function filesOfRun(database: Database, row: RunRow, exportBundle: ExportBundle): PlannedFile[] {
  // What it came to: one that is resumed after all ends with other files.
  const end = `${row.status} ${row.step} ${row.weights_sha256 ?? ''}`;
  const file = (path: string, type: string, content: () => Promise<string | Blob | null>): PlannedFile => ({
    path,
    type,
    key: end,
    model: false,
    async make() {
      const made = await content();
      return made === null ? null : new Blob([made], { type });
    },
  });
  // Of a search, what wins is trained and kept; a thousand models of trials would help nobody.
  const model = row.trial === null && !UNFINISHED.includes(row.status) ? row.best_checkpoint : null;
  const files = [
    file('config.yaml', 'application/yaml', async () =>
      (await import('../../config/yaml')).configToYaml(withoutRoom(row.config)),
    ),
    file('log.txt', 'text/plain', async () => {
      const lines = (await readLog(database, row.id)).map(
        ({ at, level, message }) => `${new Date(at).toISOString()} ${level} ${message}\n`,
      );
      return lines.length > 0 ? lines.join('') : null;
    }),
    file('plots/curves.png', 'image/png', () => curves(database, row.id, model)),
  ];
  for (const split of ['val', 'test'] as const) {
    const confusion = row.confusion[split];
    if (!confusion) continue;
    files.push(
      file(`plots/confusion-${split}.png`, 'image/png', async () => {
        const { drawConfusion } = await import('../../training/media/confusion-picture');
        return (await drawConfusion(confusion, '')).blob;
      }),
    );
  }
  if (model !== null) {
    files.push({
      path: 'model/bundle.zip',
      type: 'application/zip',
      key: end,
      model: true,
      make: () => bundleOf(row, exportBundle),
    });
  }
  return files;
}

/** The picture of the curves. @param model checkpoint that is sent as the model, marked in the picture */
async function curves(database: Database, runId: string, model: string | null): Promise<Blob | null> {
  const { drawCurves, hasCurves } = await import('../../export/curves-chart');
  const series = await readMetrics(database, runId);
  if (!hasCurves(series)) return null;
  const checkpoint = model === null ? undefined : await database.get('checkpoints', model);
  return drawCurves(series, checkpoint?.step ?? 0);
}

async function bundleOf(row: RunRow, exportBundle: ExportBundle): Promise<Blob | null> {
  try {
    return await exportBundle({ run_id: row.id });
  } catch (error) {
    // A run that ended before it had anything to keep.
    if (LatheError.from(error).kind === 'not_found') return null;
    throw error;
  }
}

async function filesOfStudy(database: Database, id: string): Promise<PlannedFile[]> {
  const { STUDY_WRITERS } = await import('../../sweeps/export/registry');
  const study = await getStudy(database, id);
  const key = `${study.status} ${JSON.stringify(study.counts)}`;
  return Object.values(STUDY_WRITERS).map(({ suffix, type, write }) => ({
    path: `study${suffix}`,
    type,
    key,
    model: false,
    make: async () => new Blob([write(study, await readTrials(database, id), [])], { type }),
  }));
}
