/** `StudyApi` over the database: what the study worker answers. */
import { LatheError } from '../base/errors';
import type { Database } from '../store/database';
import { getStudy, readTrials } from '../store/studies';
import type { StudyApi } from './api';
import { Space } from './space/space';
import { StoredStudy } from './stored-study';

/** A keeper of one study at a time. */
export function createKeeper(openDatabase: () => Promise<Database>): StudyApi {
  let kept: StoredStudy | null = null;
  const study = (): StoredStudy => {
    if (!kept) throw new LatheError('internal', 'No study is open.');
    return kept;
  };
  return {
    async open(id) {
      kept = await StoredStudy.open(await openDatabase(), id);
      return kept.opened();
    },
    ask: () => study().ask(),
    report: (number, step, value) => study().report(number, step, value),
    tell: (number, outcome, steps) => study().tell(number, outcome, steps),
    enqueue: (params) => study().enqueue(params),
    change: (status, reason) => study().change(status, reason),

    async importance(id, evaluator, objective) {
      const database = await openDatabase();
      const [row, trials] = await Promise.all([getStudy(database, id), readTrials(database, id)]);
      const { importanceOf } = await import('./importance/registry');
      return importanceOf(trials, new Space(row.space), row.objectives[objective].direction, objective, evaluator);
    },
    async write(id, format) {
      const database = await openDatabase();
      const [row, trials] = await Promise.all([getStudy(database, id), readTrials(database, id)]);
      const { writeStudy } = await import('./export/formats');
      return writeStudy(row, trials, format);
    },
    async read(file) {
      const { readStudies } = await import('./export/read-studies');
      return readStudies(await openDatabase(), file);
    },
  };
}
