/** Studies: searches over configs. */
import type { RunConfig } from '../../config/schema';
import type { ExportedFile } from '../../export/names';
import type { StudyRow, TrialParams, TrialRow } from '../../store/study';
import type { StudyFormat } from '../../sweeps/export/registry';
import type { Importance, ImportanceEvaluator } from '../../sweeps/importance/importance';

/** How far a study got, printed by the command line as JSON. */
export interface StudyResult {
  study: StudyRow;
  /** All trials, by number. */
  trials: TrialRow[];
  /** Numbers of the trials that no other one beats in every objective; of a single objective the best. */
  front: number[];
  reason: string | null;
}

/** Commands on studies. */
export interface StudyCommands {
  /** Studies, newest first. */
  list(): Promise<StudyRow[]>;
  get(id: string): Promise<StudyRow>;
  /** Trials of a study, by number. */
  trials(id: string): Promise<TrialRow[]>;
  /**
   * Starts the search that `config` describes and returns its row at once; it goes on in workers.
   * `warmStart`: a study whose trials it learns from.
   */
  start(config: RunConfig, datasetId: string, options?: { warmStart?: string }): Promise<StudyRow>;
  /** The newest unfinished study of the same config and data, if there is one. */
  findUnfinished(config: RunConfig, datasetId: string): Promise<StudyRow | null>;
  /** Running trials write a checkpoint and go on when the study does. */
  pause(id: string): Promise<void>;
  /** Goes on with a study: a paused one, or an ended one that was given more trials. */
  resume(id: string, limits?: { nTrials?: number }): Promise<void>;
  /** Ends the study; a trial that runs is recorded as pruned. */
  stop(id: string): Promise<void>;
  /** Ends one running trial as pruned. */
  pruneTrial(id: string, number: number): Promise<void>;
  /** Has a trial with these values (of some or all parameters) run next; null where another tab was told to. */
  enqueue(id: string, params: TrialParams): Promise<TrialRow | null>;
  /** Resolves when the study has stopped running in this tab. */
  wait(id: string): Promise<StudyResult>;
  update(id: string, change: { name?: string; tags?: string[]; notes?: string }): Promise<StudyRow>;
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  /** How much each parameter matters for an objective, most first; empty while there are too few trials. */
  importance(id: string, evaluator: ImportanceEvaluator, objective?: number): Promise<Importance[]>;
  /** The config of a trial as one of a run of its own. */
  trialConfig(id: string, number: number): Promise<RunConfig>;
  export(id: string, format: StudyFormat): Promise<ExportedFile>;
  /** Opens the studies of an Optuna journal file. @throws LatheError of kind `data` that names the line */
  import(file: File): Promise<StudyRow[]>;
}
