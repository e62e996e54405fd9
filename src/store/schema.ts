/**
 * What Lathe keeps in the browser: the rows of its IndexedDB database. Rows that tables list are small and plain;
 * everything large is a Blob under its SHA-256 in `blobs`. The database itself is opened in `database.ts`.
 */
import type { ColumnRole, RunConfig, Task } from '../config/schema';

/** Something worth telling about data or a run that did not stop it. */
export interface Notice {
  level: 'info' | 'warning';
  message: string;
}

/** Lower-case hex SHA-256 of a blob's bytes, its key in `blobs`. */
export type BlobHash = string;

/** A blob under its hash. */
export interface BlobRow {
  hash: BlobHash;
  blob: Blob;
  bytes: number;
}

/** Equal-width histogram: `counts[i]` values lie in `[edges[i], edges[i + 1])`, the last bin closed. */
export interface Histogram {
  edges: number[];
  counts: number[];
}

/** One column of a table as the preview shows it. */
export interface ColumnSummary {
  name: string;
  /** What the user, or else the guess, says. */
  role: ColumnRole;
  guessed_role: ColumnRole;
  missing: number;
  /** Distinct values, counted up to 10,000. */
  distinct: number;
  numeric: { min: number; max: number; mean: number; std: number; histogram: Histogram } | null;
  /** The most frequent values, most frequent first, at most 50. */
  top: { value: string; count: number }[];
}

/** Rows of a table column by column: one blob a column and chunk. */
export interface TableChunk {
  rows: number;
  /** In the order of `columns`. */
  columns: { hash: BlobHash; encoding: 'float64' | 'text' }[];
}

/** Images, as pixels or as the files they came in. */
export interface ImageChunk {
  examples: number;
  /** `raw`: uint8 pixels `[examples, height, width, channels]`; `encoded`: image files one after another. */
  encoding: 'raw' | 'encoded';
  pixels: BlobHash;
  /** JSON blob: names, label index (-1: none), split and, when encoded, byte length of every example. */
  index: BlobHash;
}

/** A piece of a text. */
export interface TextChunk {
  /** Unicode characters (code points) in it. */
  characters: number;
  /** UTF-8. */
  text: BlobHash;
}

interface DatasetBase {
  id: string;
  name: string;
  created: number;
  /** When the user deleted it; it can be brought back until it is purged. */
  deleted_at: number | null;
  /** SHA-256 over the content, not over names of files or roles: the same data has the same hash. */
  content_hash: string;
  /** Rows, images, or the characters of a text. */
  examples: number;
  /** Of these, how many the source itself sets aside as its test split. */
  test_examples: number;
  bytes: number;
  /** The files it came from, or the sample that made it. */
  source: { files: { path: string; bytes: number }[]; sample: string | null };
  notices: Notice[];
}

/** A table: rows of named columns. */
export interface TableDatasetRow extends DatasetBase {
  kind: 'table';
  columns: ColumnSummary[];
  /** Whether the file writes 3.14 as `3,14`; cells keep the file's own text. */
  decimal_comma: boolean;
  chunks: TableChunk[];
}

/** Labelled (or, for prediction, unlabelled) images. */
export interface ImageDatasetRow extends DatasetBase {
  kind: 'images';
  /** Label names, sorted (numbers by value); the label index points here. Empty: no labels. */
  classes: string[];
  class_counts: number[];
  /** Size of the images; where they differ, the median, and `uniform` is false. */
  image: { height: number; width: number; channels: 1 | 3 | 4; uniform: boolean };
  chunks: ImageChunk[];
}

/** A text, whose tokens are its characters (Unicode code points). */
export interface TextDatasetRow extends DatasetBase {
  kind: 'text';
  /** Different characters in the whole of it. */
  distinct: number;
  /** The most frequent of them, most frequent first, at most 64. */
  top: { value: string; count: number }[];
  chunks: TextChunk[];
}

/** A dataset in the browser. */
export type DatasetRow = TableDatasetRow | ImageDatasetRow | TextDatasetRow;

/**
 * Where a run stands. `paused` and `running` are unfinished: they can go on from a checkpoint. `pruned`: a study ended it
 * early.
 */
export type RunStatus = 'running' | 'paused' | 'finished' | 'stopped' | 'pruned' | 'cancelled' | 'diverged' | 'failed';

/** Statuses of a run that can go on. */
export const UNFINISHED: readonly RunStatus[] = ['running', 'paused'];

/** Which device computes, and why this one. */
export interface BackendInfo {
  backend: 'webgpu' | 'webgl' | 'cpu';
  /** `vendor architecture description` of the adapter; `cpu` for the CPU. */
  adapter: string;
  /** Whether the adapter is a software one. */
  software: boolean;
  /** One sentence: why this backend and not a faster one. */
  reason: string;
}

/** One layer of a model summary. */
export interface LayerSummary {
  name: string;
  type: string;
  /** Output shape without the batch. */
  output_shape: number[];
  parameters: number;
}

/** A model before it trains. */
export interface ModelSummary {
  architecture: string;
  input_shape: number[];
  outputs: number;
  layers: LayerSummary[];
  parameters: number;
  trainable_parameters: number;
  /** Estimated bytes of device memory while training: weights, gradients, optimizer state, activations of a batch. */
  training_bytes: number;
}

/** Numbers of one split by name: loss, accuracy, f1 / mae, rmse, r2. */
export type Metrics = Record<string, number>;

/** `matrix[true class][predicted class]` counts examples. */
export interface ConfusionMatrix {
  labels: string[];
  matrix: number[][];
}

/** How one input column becomes numbers; fitted on the training split only. */
export type ColumnTransform =
  | { name: string; role: 'number'; mean: number; std: number; missing_indicator: boolean }
  /** In days since 1970-01-01. `day_first`: 3/4/2020 is the third of April. */
  | { name: string; role: 'date'; mean: number; std: number; missing_indicator: boolean; day_first: boolean }
  /** One-hot over `values`; anything else, missing included, is the last, extra position. */
  | { name: string; role: 'category'; values: string[] };

/** Everything between raw data and the model's input, and back: saved with the model. */
export interface Preprocessing {
  version: 1;
  task: Task;
  /** Input shape without the batch: `[features]`, `[height, width, channels]` or, of a language model, `[context]`. */
  input_shape: number[];
  inputs:
    | { kind: 'table'; columns: ColumnTransform[]; decimal_comma: boolean }
    /** `(pixel / 255 - mean[c]) / std[c]`, after scaling to the input shape. */
    | { kind: 'images'; mean: number[]; std: number[] }
    /** Token 0 is any other character, token `i + 1` is `vocabulary[i]`. */
    | { kind: 'text'; vocabulary: string[] };
  /** Columns predicted; `['label']` for images, `['next character']` for text. */
  target: string[];
  /** Classification: labels in the order of the outputs. */
  classes: string[] | null;
  /** Regression: `value = output * std + mean`, per target. */
  target_scale: { mean: number[]; std: number[] } | null;
}

/** Name, shape and place of a tensor inside a blob of little-endian float32. */
export interface TensorEntry {
  name: string;
  shape: number[];
  /** In bytes. */
  offset: number;
  length: number;
}

/** The group of browsers that a run is trained by. */
export interface RunGroup {
  /** Room and secret, as the end of the room's link has them. Whoever knows it can join: it stays in this browser. */
  room: string;
  /** Whether this browser began the run, or follows it. */
  role: 'host' | 'guest';
}

/** `dataset_id` of a run whose examples were sent by others: the data itself never was in this browser. */
export const NOT_HERE = '';

/** One run. Small: tables of runs list these rows. */
export interface RunRow {
  id: string;
  name: string;
  created: number;
  updated: number;
  deleted_at: number | null;
  status: RunStatus;
  /** One sentence where the status needs one: why it paused, failed or diverged. */
  reason: string | null;
  config: RunConfig;
  /** SHA-256 of the canonical JSON of `config` without its name. */
  config_hash: string;
  /** `NOT_HERE`: its examples were sent by others; name and hash are those of their dataset. */
  dataset_id: string;
  dataset_name: string;
  dataset_hash: string;
  /** The study whose trial it is, and the trial's number; `''` and null for a run of its own. */
  study_id: string;
  trial: number | null;
  /** The room of the group that trains it; null for a run of one browser. */
  group: RunGroup | null;
  tags: string[];
  notes: string;
  backend: BackendInfo | null;
  model: ModelSummary | null;
  preprocessing: Preprocessing | null;
  epoch: number;
  step: number;
  total_steps: number | null;
  /** Seconds spent training, over all sittings. */
  seconds: number;
  samples_per_second: number | null;
  /** Examples a step, where the config left them to the device: what was found when the run first started. */
  batch_size?: number;
  /** Last and best value of every logged metric, for tables; best by the metric's own direction. */
  latest: Metrics;
  best: Metrics;
  /** At the best checkpoint, once the run has ended. */
  metrics: { train: Metrics; val: Metrics; test: Metrics } | null;
  confusion: { val: ConfusionMatrix | null; test: ConfusionMatrix | null };
  best_checkpoint: string | null;
  latest_checkpoint: string | null;
  weights_sha256: string | null;
  /** Every time the run went on: at which step, and when. */
  resumed: { step: number; at: number }[];
  notices: Notice[];
  /** When its model became a version of the registered model that its config names; absent: it has not. */
  registered_at?: number;
}

/** Points of one metric: at most `METRIC_CHUNK` of them, the last chunk of a metric partly filled. */
export interface MetricChunkRow {
  run_id: string;
  metric: string;
  chunk: number;
  steps: Uint32Array;
  values: Float64Array;
  /** Milliseconds since the epoch. */
  times: Float64Array;
}

/** Points in a full metric chunk. */
export const METRIC_CHUNK = 2048;

/** Why a checkpoint was written. */
export type CheckpointReason = 'start' | 'epoch' | 'steps' | 'minutes' | 'pause' | 'leave' | 'end';

/**
 * What a checkpoint is cut into that several browsers keep together: ranges of the weights, then of the optimizer's tensors,
 * each a blob. Which of them are here, the blobs say.
 */
export interface CheckpointParts {
  /** In their order. The same numbers have the same hash: a blob may be several parts. */
  hashes: BlobHash[];
  /** Size of each. */
  bytes: number[];
  /** How many of them, from the first on, are the weights. */
  weights: number;
  /** Names of the browsers that it was dealt to, by rank (`keepersOf`). */
  keepers: string[];
}

/** A checkpoint: everything needed to go on from a step exactly. Named only after its blobs are written. */
export interface CheckpointRow {
  id: string;
  run_id: string;
  created: number;
  step: number;
  epoch: number;
  reason: CheckpointReason;
  /** The monitored metric at this step, null where it was not evaluated here. */
  monitor: { metric: string; value: number } | null;
  weights: { hash: BlobHash; tensors: TensorEntry[] };
  optimizer: { hash: BlobHash; tensors: TensorEntry[] };
  /** Canonical JSON of the training state (`training/state.ts`), and its SHA-256. */
  state: string;
  state_sha256: string;
  /** Of the whole checkpoint. */
  bytes: number;
  /** Where several browsers keep it together. Absent: the weights are one blob, the optimizer's tensors another. */
  parts?: CheckpointParts;
}

/** A trained model that came in as a bundle. Models of runs live with their run. */
export interface ModelRow {
  id: string;
  name: string;
  created: number;
  deleted_at: number | null;
  config: RunConfig;
  preprocessing: Preprocessing;
  summary: ModelSummary;
  metrics: { train: Metrics; val: Metrics; test: Metrics } | null;
  weights: { hash: BlobHash; tensors: TensorEntry[] };
  /** What it was trained on: the dataset's name then, and its content hash. */
  dataset_name: string;
  dataset_hash: string;
  bundle_name: string;
  /** The bundle as it came, so that exporting the model again gives the same bytes. */
  bundle: BlobHash;
}

/** One line of a run's log. */
export interface LogRow {
  run_id: string;
  /** Assigned by the database. */
  seq?: number;
  at: number;
  level: 'info' | 'warning' | 'error';
  message: string;
}

/** A version of a registered model of this browser. */
export interface VersionRef {
  registered_model: string;
  version: number;
}

/** A trained model, wherever it is kept: at a run's best (or another) checkpoint, imported, or registered. */
export type ModelRef = { run_id: string; checkpoint?: string } | { model_id: string } | VersionRef;

/** The fastest variants of kernels that were found on one adapter. */
export interface TuningRow {
  /** Name of the adapter. */
  adapter: string;
  /** Browser and version of the kernels that it was measured with: with others it holds no more. */
  environment: string;
  /** Name of the fastest variant by shape class. */
  winners: Record<string, string>;
}
