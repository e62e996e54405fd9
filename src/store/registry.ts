/**
 * Registered models and their versions: as the page and an MLflow server both show them, and the rows in which this browser
 * keeps its own. A version of this browser is a snapshot: it predicts and is exported when its run is long deleted.
 */
import type { RunConfig } from '../config/schema';
import type {
  BackendInfo,
  BlobHash,
  ConfusionMatrix,
  Metrics,
  ModelSummary,
  Preprocessing,
  RunStatus,
  TensorEntry,
} from './schema';

/** A registered model, of this browser or of an MLflow server. */
export interface RegisteredModel {
  name: string;
  description: string;
  tags: Record<string, string>;
  /** Version by alias. */
  aliases: Record<string, string>;
  /** Its newest version; null: it has none. */
  latest: string | null;
  /** Milliseconds since the epoch. */
  updated: number;
}

/** A version of a registered model, of this browser or of an MLflow server. */
export interface ModelVersion {
  name: string;
  /** 1, 2, 3 …; a number that was given is not given again. */
  version: string;
  aliases: string[];
  description: string;
  tags: Record<string, string>;
  /** Run, in the same place, that it came from; null: not said, or it came as a bundle. It may be deleted. */
  run_id: string | null;
  /** Of that run, as it ended (`loss`, `best/val_loss`, `test/accuracy`); empty where they are not known. */
  metrics: Metrics;
  /** Config with dotted keys. */
  params: Record<string, string>;
  /** What it was trained on; null: not said. `hash`: of the content. */
  dataset: { name: string; hash: string } | null;
  /** Milliseconds since the epoch. */
  created: number;
  /** Whether it can be opened here: of a server, whether it holds a Lathe bundle, as far as its tags and those of its run say. */
  opens: boolean;
}

/** What people write about a model or a version; what is absent stays as it is. */
export interface RegistryDescription {
  /** Markdown. */
  description?: string;
  /** Values by key; null takes a tag away. */
  tags?: Record<string, string | null>;
}

/** A registered model of this browser, under its name. */
export interface RegisteredModelRow {
  name: string;
  /** Milliseconds since the epoch, as all times here. */
  created: number;
  updated: number;
  /** When the user deleted it; it can be brought back until it is purged. */
  deleted_at: number | null;
  /** Markdown. */
  description: string;
  tags: Record<string, string>;
  /** Version by alias. One whose version is deleted counts for nothing, until that comes back. */
  aliases: Record<string, number>;
  /** The highest number that a version ever got. */
  last_version: number;
}

/** The run that a version came from, as it was when it was registered. */
export interface VersionRun {
  id: string;
  name: string;
  created: number;
  status: RunStatus;
  reason: string | null;
  /** Seconds spent training. */
  seconds: number;
  backend: BackendInfo | null;
  /** Examples a step, where the config left them to the device. */
  batch_size?: number;
  dataset_id: string;
  /** The checkpoint whose weights it has. */
  step: number;
  epoch: number;
}

/** A version of a registered model of this browser. Keyed [model, version]. */
export interface ModelVersionRow {
  /** Name of the registered model. */
  model: string;
  version: number;
  created: number;
  updated: number;
  deleted_at: number | null;
  /** It was deleted because its model was: it comes back with it. */
  deleted_with_model: boolean;
  /** Markdown. */
  description: string;
  tags: Record<string, string>;
  /** Null: it came as a bundle. */
  run: VersionRun | null;
  config: RunConfig;
  preprocessing: Preprocessing;
  summary: ModelSummary;
  /** Scores of these weights on every split; null where they were not evaluated. */
  scores: { train: Metrics; val: Metrics; test: Metrics } | null;
  confusion: { val: ConfusionMatrix | null; test: ConfusionMatrix | null };
  /** All that was measured, by name: see `ModelVersion`. */
  metrics: Metrics;
  /** Shared with the checkpoint or the model that it came from, and kept for as long as anything names them. */
  weights: { hash: BlobHash; tensors: TensorEntry[] };
  dataset_name: string;
  dataset_hash: string;
  /** The bundle that it came as; null: it came from a run. */
  bundle: BlobHash | null;
}

/** What a version is called in words: `digits v3`. */
export const versionTitle = ({ model, version }: Pick<ModelVersionRow, 'model' | 'version'>): string =>
  `${model} v${version}`;
