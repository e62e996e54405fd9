/** Every file that a study can be written as. To add one: its writer in a file of its own, and a line here. */
import type { StudyRow, TrialRow } from '../../store/study';
import type { Importance } from '../importance/importance';
import { writeOptunaJournal } from './optuna-journal';
import { writeStudyReport } from './report';
import { writeTrialsCsv } from './trials-csv';

/** How a study becomes a file. */
export interface StudyWriter {
  /** What follows the study's name in that of the file. */
  suffix: string;
  /** MIME type. */
  type: string;
  /**
   * @param trials By number.
   * @param importance Of the parameters for the first objective, most first; empty where it is not known.
   */
  write(study: StudyRow, trials: readonly TrialRow[], importance: readonly Importance[]): string;
}

/** Writers by format. */
export const STUDY_WRITERS = {
  /** Opens in Optuna and its dashboard. */
  optuna: { suffix: '-optuna.log', type: 'application/x-ndjson', write: writeOptunaJournal },
  /** A row a trial, for spreadsheets and data frames. */
  csv: { suffix: '-trials.csv', type: 'text/csv', write: writeTrialsCsv },
  /** A page to read, mail or print. */
  html: { suffix: '-report.html', type: 'text/html', write: writeStudyReport },
} as const satisfies Record<string, StudyWriter>;

/** A file that a study is written as. */
export type StudyFormat = keyof typeof STUDY_WRITERS;
