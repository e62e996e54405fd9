/** Collects what is stored of a run, for the offline file. */
import { LATHE_VERSION } from '../../base/version';
import { withoutRoom } from '../../config/without-room';
import { configToYaml } from '../../config/yaml';
import type { Database } from '../../store/database';
import { readLog } from '../../store/logs';
import { readMedia } from '../../store/media';
import { readMetrics } from '../../store/metrics';
import type { RunRow } from '../../store/schema';
import { describeRow } from '../described-run';
import type { OfflineRun } from './offline-run';

/** Project of runs whose config names none. */
const PROJECT = 'lathe';

/** What the offline file of a run holds. */
export async function collectOfflineRun(database: Database, run: RunRow): Promise<OfflineRun> {
  const { id, name, notes, tags, started, ended, status, params, facts, author, summary } = describeRow(run);
  const { entity, project } = run.config.logging.wandb;
  return {
    id,
    name,
    entity,
    project: project ?? PROJECT,
    group: run.trial === null ? null : { name: run.study_id, role: 'trial' },
    notes,
    tags,
    started,
    ended: ended === null ? null : { at: ended, exitCode: ['finished', 'stopped', 'pruned'].includes(status) ? 0 : 1 },
    params,
    origin: { id, version: LATHE_VERSION, author, facts },
    summary,
    points: await readMetrics(database, run.id),
    media: await readMedia(database, run.id),
    lines: await readLog(database, run.id),
    files: [{ path: 'config.yaml', bytes: new TextEncoder().encode(configToYaml(withoutRoom(run.config))) }],
  };
}
