/** What the page asks of the worker that keeps a study. */
import type { RunConfig } from '../config/schema';
import type { StudyRow, StudyStatus, TrialParams, TrialRow, TrialWorker } from '../store/study';
import type { StudyFormat } from './export/registry';
import type { Importance, ImportanceEvaluator } from './importance/importance';
import type { Outcome } from './study';

/** A trial that is to run, and the config of each of its runs: one, or one a fold. Their ids are `trial.run_ids`. */
export interface TrialOrder {
  trial: TrialRow;
  configs: RunConfig[];
}

/** A study as its conductor needs it. */
export interface OpenStudy {
  study: StudyRow;
  /** Trials that were running when the study was left. */
  running: TrialOrder[];
}

/** A file that a study was written as. */
export interface StudyFile {
  name: string;
  blob: Blob;
}

/** The study worker. Whatever it answers is stored already. */
export interface StudyApi {
  /** Reads a study and keeps it. One study at a time: the calls below, up to `close`, speak of it. */
  open(id: string): Promise<OpenStudy>;
  /** The next trial, or null: there are enough, or everything was tried. */
  ask(): Promise<TrialOrder | null>;
  /**
   * A run of a trial begins from its beginning, perhaps not for the first time, at another browser or here (null). `anew`:
   * what an earlier attempt reported is forgotten.
   */
  begin(number: number, worker: TrialWorker | null, anew: boolean): Promise<TrialRow>;
  /** Takes an intermediate value; `prune`: why the trial should end, or null. */
  report(number: number, step: number, value: number): Promise<{ trial: TrialRow; prune: string | null }>;
  /** Ends a trial whose runs took `steps` optimizer steps. */
  tell(number: number, outcome: Outcome, steps: number): Promise<TrialRow>;
  /** Has a trial with these values run next. @throws LatheError of kind `usage` that names the value that cannot be. */
  enqueue(params: TrialParams): Promise<TrialRow>;
  /** Changes how the study stands. */
  change(status: StudyStatus, reason: string | null): Promise<StudyRow>;

  importance(id: string, evaluator: ImportanceEvaluator, objective: number): Promise<Importance[]>;
  write(id: string, format: StudyFormat): Promise<StudyFile>;
  /** Stores the studies of an Optuna journal. @throws LatheError of kind `data` that names the line. */
  read(file: File): Promise<StudyRow[]>;
}
