/** A run in words and numbers, as event files, offline files and trackers tell of it. */
import { LATHE_VERSION } from '../base/version';
import { configParams, type Params } from '../config/params';
import type { RunConfig } from '../config/schema';
import { withoutRoom } from '../config/without-room';
import { runSummary } from '../store/run-summary';
import { UNFINISHED, type Metrics, type RunRow, type RunStatus } from '../store/schema';

/** What is told beside points, media and lines. */
export interface DescribedRun {
  /** Eight characters; a run elsewhere bears it, so that it is found again. */
  id: string;
  name: string;
  /** Milliseconds since the epoch. */
  started: number;
  /** Null while it has not ended. */
  ended: number | null;
  status: RunStatus;
  /** One sentence where the status needs one. */
  reason: string | null;
  /** Null of a study that came from a file. Holds no secret. */
  config: RunConfig | null;
  /** `config` with dotted keys: `training.optimizer.learning_rate`; a list is one value. Never changes; of a study its space, too. */
  params: Params;
  tags: string[];
  notes: string;
  /** Who trains, where they said so. */
  author: string | null;
  /** More about it, in words: `dataset`, `dataset_hash`, `adapter`, `backend`, `architecture`, `parameters`, `lathe_version`, … */
  facts: Record<string, string>;
  /** What it is part of: a study (of which it is a trial, or which it is itself), or a group of peers. */
  group: { id: string; role: 'study' | 'trial' | 'peer' } | null;
  /** Last values (`loss`, `val_loss`), best ones (`best/val_loss`), and those of the best checkpoint (`test/accuracy`). */
  summary: Metrics;
}

/** What the row of a run tells: who trains and what it is part of stand elsewhere. */
export function describeRow(run: RunRow): DescribedRun {
  const { backend, model } = run;
  return {
    id: run.id,
    name: run.name,
    started: run.created,
    ended: UNFINISHED.includes(run.status) ? null : run.updated,
    status: run.status,
    reason: run.reason,
    config: withoutRoom(run.config),
    params: configParams(run.config),
    tags: run.tags,
    notes: run.notes,
    author: null,
    facts: {
      lathe_version: LATHE_VERSION,
      dataset: run.dataset_name,
      dataset_hash: run.dataset_hash,
      config_hash: run.config_hash,
      ...(backend && { backend: backend.backend, adapter: backend.adapter }),
      ...(model && { architecture: model.architecture, parameters: String(model.parameters) }),
      ...(run.weights_sha256 !== null && { weights_sha256: run.weights_sha256 }),
    },
    group: null,
    summary: runSummary(run),
  };
}
