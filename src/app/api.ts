/**
 * The workbench as seen from outside: the page, the command line (`window.lathe`) and the tests call exactly this.
 * Every command resolves to a typed result or throws a `LatheError`.
 */
import type { GeneratedText, GenerationSettings, PredictionResult } from '../analysis/prediction';
import type { ConfigDifference } from '../config/diff';
import type { ColumnRole, RunConfig } from '../config/schema';
import type { ExportFormat, ExportedFile } from '../export/names';
import type { MetricSeries } from '../store/metrics';
import type { ProfileRow } from '../store/profile';
import type {
  BackendInfo,
  CheckpointRow,
  DatasetRow,
  LogRow,
  Metrics,
  ModelRef,
  ModelRow,
  ModelSummary,
  RunRow,
} from '../store/schema';
import type { StudyRow, TrialParams, TrialRow } from '../store/study';
import type { StudyFormat } from '../sweeps/export/registry';
import type { Importance, ImportanceEvaluator } from '../sweeps/importance/importance';
import type { TrainingEvent } from '../training/protocol';

export type { GeneratedText, GenerationSettings, Prediction, PredictionResult } from '../analysis/prediction';
export type { ExportFormat, ExportedFile } from '../export/names';
export type { StudyFormat } from '../sweeps/export/registry';

/** A file with its path inside what was dropped (`digits/3/img_07.png`). */
export interface ImportFile {
  path: string;
  file: File;
}

/** What an import made of the files. */
export interface ImportResult {
  datasets: DatasetRow[];
  /** Bundles among the files, opened for prediction. */
  models: ModelRow[];
  /** Files that could not be used, each with the reason. */
  refused: { path: string; reason: string }[];
}

/** Progress of anything that takes longer than a moment. `done` and `total` in bytes, rows or files. */
export interface Progress {
  stage: string;
  done: number;
  total: number | null;
}

/** A window of a dataset, for looking at. */
export type Preview =
  | { kind: 'table'; offset: number; rows: (string | null)[][] }
  | { kind: 'images'; offset: number; images: { name: string; label: string | null; bitmap: ImageBitmap }[] }
  | { kind: 'text'; offset: number; text: string };

/** A sample dataset that code makes. */
export interface SampleInfo {
  name: string;
  title: string;
  description: string;
}

/** The result of a finished `train` command, printed by the command line as JSON. */
export interface RunResult {
  run_id: string;
  status: RunRow['status'];
  backend: string | null;
  adapter: string | null;
  epochs: number;
  steps: number;
  resumed_from: { run_id: string; step: number } | null;
  steps_this_process: number;
  weights_sha256: string | null;
  metrics: { train: Metrics; val: Metrics; test: Metrics } | null;
  tracking: Record<string, { pending: number }>;
  seconds: number;
  reason: string | null;
}

/** How far a study got, printed by the command line as JSON. */
export interface StudyResult {
  study: StudyRow;
  /** All trials, by number. */
  trials: TrialRow[];
  /** Numbers of the trials that no other one beats in every objective; of a single objective the best. */
  front: number[];
  reason: string | null;
}

/** What happens in the workbench, in this tab or another. */
export type WorkbenchEvent =
  | TrainingEvent
  /** A row was written, deleted or brought back: lists should read it again. */
  | { type: 'changed'; noun: 'dataset' | 'run' | 'model' | 'study'; id: string }
  /** A trial of a study started, reported, ended or was enqueued. */
  | { type: 'trial'; study_id: string; trial: TrialRow }
  /** A run was found unfinished and goes on in this tab. */
  | { type: 'resumed'; run_id: string; name: string; step: number }
  /** Storage could not take a write; cleared when one succeeds again. */
  | { type: 'storage_full'; full: boolean }
  /** Another tab brought a newer version of the database: this one must be reloaded. */
  | { type: 'outdated' }
  | { type: 'import_progress'; progress: Progress };

/** Opens a bundle and keeps its model. @throws LatheError of kind `bundle`. */
export type ModelImporter = (file: File) => Promise<ModelRow>;

/** The product without a face. `openWorkbench` in `workbench.ts` makes one. */
export interface Workbench {
  subscribe(listener: (event: WorkbenchEvent) => void): () => void;

  datasets: {
    list(): Promise<DatasetRow[]>;
    get(id: string): Promise<DatasetRow>;
    import(files: ImportFile[]): Promise<ImportResult>;
    samples(): Promise<SampleInfo[]>;
    importSample(name: string): Promise<DatasetRow>;
    preview(id: string, offset: number, limit: number): Promise<Preview>;
    setRole(id: string, column: string, role: ColumnRole): Promise<DatasetRow>;
    rename(id: string, name: string): Promise<DatasetRow>;
    remove(id: string): Promise<void>;
    restore(id: string): Promise<void>;
  };

  configs: {
    /** Defaults that suit the dataset: task, target, architecture, sizes. */
    suggest(dataset: DatasetRow): RunConfig;
    fromYaml(source: string, file?: string): Promise<RunConfig>;
    toYaml(config: RunConfig): Promise<string>;
    /** Shapes, parameters and memory of the model that `config` makes of the dataset. */
    summarize(config: RunConfig, datasetId: string): Promise<ModelSummary>;
  };

  runs: {
    list(): Promise<RunRow[]>;
    get(id: string): Promise<RunRow>;
    /** Starts a run and returns its row at once; it trains on in a worker. */
    start(config: RunConfig, datasetId: string): Promise<RunRow>;
    /** The newest unfinished run of the same config and data, if there is one. */
    findUnfinished(config: RunConfig, datasetId: string): Promise<RunRow | null>;
    pause(id: string): Promise<void>;
    resume(id: string): Promise<void>;
    stop(id: string): Promise<void>;
    cancel(id: string): Promise<void>;
    /** Resolves when the run has left its trainer in this tab. */
    wait(id: string): Promise<RunResult>;
    update(id: string, change: { name?: string; tags?: string[]; notes?: string }): Promise<RunRow>;
    remove(id: string): Promise<void>;
    restore(id: string): Promise<void>;
    metrics(id: string, metrics?: string[]): Promise<MetricSeries[]>;
    checkpoints(id: string): Promise<CheckpointRow[]>;
    log(id: string): Promise<LogRow[]>;
    /** Where its kernels' time goes, with a trace for Perfetto; null for a run that was not profiled (yet). */
    profile(id: string): Promise<ProfileRow | null>;
    compare(ids: string[]): Promise<ConfigDifference[]>;
  };

  studies: {
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
  };

  models: {
    list(): Promise<ModelRow[]>;
    get(id: string): Promise<ModelRow>;
    rename(id: string, name: string): Promise<ModelRow>;
    remove(id: string): Promise<void>;
    restore(id: string): Promise<void>;
    /** Predicts the examples of files dropped on a model, without keeping them. */
    predictFiles(model: ModelRef, files: ImportFile[]): Promise<PredictionResult>;
    /** Predicts (a split of) a dataset that is in the workbench. */
    predictDataset(
      model: ModelRef,
      datasetId: string,
      split: 'train' | 'val' | 'test' | 'all',
      limit?: number,
    ): Promise<PredictionResult>;
    /** Predicts plain feature values by column: for a table's form and the 2-D map. */
    predictRows(model: ModelRef, rows: Record<string, string>[]): Promise<PredictionResult>;
    /** Has a language model go on from a prompt. */
    generate(model: ModelRef, settings: GenerationSettings): Promise<GeneratedText>;
  };

  bundle: {
    export(model: ModelRef, format: ExportFormat): Promise<ExportedFile>;
    import(file: File): Promise<ModelRow>;
  };

  device: {
    /** What training would run on here, and why: probes once. */
    probe(): Promise<BackendInfo>;
    /** Bytes used and allowed by the browser for this origin. */
    storage(): Promise<{ used: number; quota: number }>;
  };
}
