/** Commands on studies. */
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import { allStudies, getStudy, readTrials, updateStudy } from '../store/studies';
import type { StudyRow } from '../store/study';
import type { Workbench } from './api';
import { validName } from './datasets';
import type { EventHub } from './events';

const notYet = (): Promise<never> => Promise.reject(new LatheError('usage', 'Studies are not in this version yet.'));

/** The study commands of the workbench. */
export function studyCommands(database: Database, hub: EventHub): Workbench['studies'] {
  const change = async (id: string, fields: Parameters<typeof updateStudy>[2]): Promise<StudyRow> => {
    const row = await updateStudy(database, id, fields);
    hub.emit({ type: 'changed', noun: 'study', id });
    return row;
  };
  return {
    list: async () => (await allStudies(database)).filter((study) => study.deleted_at === null),
    get: (id) => getStudy(database, id),
    trials: (id) => readTrials(database, id),
    start: notYet,
    findUnfinished: notYet,
    pause: notYet,
    resume: notYet,
    stop: notYet,
    pruneTrial: notYet,
    enqueue: notYet,
    wait: notYet,
    update: (id, { name, tags, notes }) =>
      change(id, {
        ...(name !== undefined && { name: validName(name) }),
        ...(tags !== undefined && { tags: [...new Set(tags.map((tag) => tag.trim()).filter(Boolean))] }),
        ...(notes !== undefined && { notes }),
      }),
    remove: async (id) => void (await change(id, { deleted_at: Date.now() })),
    restore: async (id) => void (await change(id, { deleted_at: null })),
    importance: notYet,
    trialConfig: notYet,
    export: notYet,
    import: notYet,
  };
}
