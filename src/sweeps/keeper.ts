/** `StudyApi` over the database: what the study worker answers. */
import { LatheError } from '../base/errors';
import { slug } from '../base/slug';
import type { Database } from '../store/database';
import { getStudy, putStudy, readTrials } from '../store/studies';
import type { StudyRow, TrialRow } from '../store/study';
import type { StudyApi } from './api';
import type { Importance, ImportanceEvaluator } from './importance/importance';
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
    begin: (number, worker, anew) => study().begin(number, worker, anew),
    report: (number, step, value) => study().report(number, step, value),
    tell: (number, outcome, steps) => study().tell(number, outcome, steps),
    enqueue: (params) => study().enqueue(params),
    change: (status, reason) => study().change(status, reason),

    async importance(id, evaluator, objective) {
      const database = await openDatabase();
      const [row, trials] = await Promise.all([getStudy(database, id), readTrials(database, id)]);
      return importanceOfStudy(row, trials, evaluator, objective);
    },
    async write(id, format) {
      const database = await openDatabase();
      const [row, trials] = await Promise.all([getStudy(database, id), readTrials(database, id)]);
      // Files are written now and then: what writes them is loaded then.
      const { STUDY_WRITERS } = await import('./export/registry');
      const { write, suffix, type } = STUDY_WRITERS[format];
      const text = write(row, trials, await importanceOfStudy(row, trials, 'ped_anova', 0));
      return { name: `${slug(row.name)}${suffix}`, blob: new Blob([text], { type }) };
    },
    async read(file) {
      const { readOptunaJournal } = await import('./export/read-optuna-journal');
      const database = await openDatabase();
      const read = readOptunaJournal(await file.text(), file.name);
      for (const { study, trials } of read) await putStudy(database, study, trials);
      return read.map(({ study }) => study);
    },
  };
}

async function importanceOfStudy(
  { space, objectives, config }: StudyRow,
  trials: TrialRow[],
  evaluator: ImportanceEvaluator,
  objective: number,
): Promise<Importance[]> {
  const { importanceOf } = await import('./importance/registry');
  const { direction } = objectives[objective];
  const seed = config?.reproducibility.seed ?? 0;
  return importanceOf(trials, new Space(space), { objective, direction, evaluator, seed });
}
