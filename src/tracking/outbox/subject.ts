/** Runs and studies as trackers see them. */
import { sha256 } from '../../base/hash';
import { LATHE_VERSION } from '../../base/version';
import { configParams, flatParams } from '../../config/params';
import { withoutRoom } from '../../config/without-room';
import { describeRow } from '../../export/described-run';
import type { Database } from '../../store/database';
import type { Subject } from '../../store/delivery';
import type { RunRow } from '../../store/schema';
import { UNFINISHED_STUDY, type StudyRow } from '../../store/study';
import type { TrackedRun } from '../tracker';

/** What is sent of a run or study; null: it is not there any more, or was deleted. */
export async function trackedRun(
  database: Database,
  { noun, id }: Subject,
  author: string | null,
): Promise<TrackedRun | null> {
  if (noun === 'study') {
    const study = await database.get('studies', id);
    return study && study.deleted_at === null ? ofStudy(study, author) : null;
  }
  const run = await database.get('runs', id);
  if (!run || run.deleted_at !== null) return null;
  const study = run.trial === null ? undefined : await database.get('studies', run.study_id);
  return ofRun(run, study ?? null, author);
}

/** Whether it trains, so that more comes of it soon. */
export async function goesOn(database: Database, { noun, id }: Subject): Promise<boolean> {
  const row = await database.get(noun === 'study' ? 'studies' : 'runs', id);
  return row?.status === 'running';
}

async function ofRun(run: RunRow, study: StudyRow | null, author: string | null): Promise<TrackedRun> {
  return { ...describeRow(run), noun: 'run', author, group: await groupOf(run, study) };
}

async function groupOf(run: RunRow, study: StudyRow | null): Promise<TrackedRun['group']> {
  if (run.trial !== null && study) return { id: study.id, name: study.name, role: 'trial', trial: run.trial };
  if (!run.group) return null;
  // The room's name holds its secret: what all of a group share of it, and nobody can find the room by.
  const id = (await sha256(`lathe group ${run.group.room}`)).slice(0, 12);
  return { id, name: `${run.name} together`, role: 'peer', trial: null };
}

function ofStudy(study: StudyRow, author: string | null): TrackedRun {
  const { best, counts, objectives } = study;
  return {
    noun: 'study',
    id: study.id,
    name: study.name,
    started: study.created,
    ended: UNFINISHED_STUDY.includes(study.status) ? null : study.updated,
    status: study.status,
    reason: study.reason,
    config: study.config && withoutRoom(study.config),
    params: { ...(study.config && configParams(study.config)), ...flatParams(study.space, 'space') },
    tags: study.tags,
    notes: study.notes,
    author,
    facts: {
      lathe_version: LATHE_VERSION,
      ...(study.dataset_name !== null && { dataset: study.dataset_name }),
      ...(study.dataset_hash !== null && { dataset_hash: study.dataset_hash }),
      objectives: objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', '),
      ...(best && { best_trial: String(best.number), best_params: JSON.stringify(best.params) }),
    },
    group: { id: study.id, name: study.name, role: 'study', trial: null },
    summary: {
      ...Object.fromEntries(Object.entries(counts).map(([state, count]) => [`trials/${state}`, count])),
      ...(best && Object.fromEntries(objectives.map(({ metric }, i) => [`best/${metric}`, best.values[i]]))),
      seconds: study.seconds,
      steps: study.steps,
    },
  };
}
