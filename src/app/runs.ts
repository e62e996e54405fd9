/** Commands on runs: start, leave, resume, compare. The supervisor keeps them training. */
import { LatheError } from '../base/errors';
import { canonicalJson, sha256 } from '../base/hash';
import { newId } from '../base/ids';
import { diffConfigs } from '../config/diff';
import { parseConfig } from '../config/parse';
import type { RunConfig } from '../config/schema';
import { listCheckpoints } from '../store/checkpoints';
import type { Database } from '../store/database';
import { appendLog, readLog } from '../store/logs';
import { readMetrics } from '../store/metrics';
import { getProfile } from '../store/profiles';
import { getRun, ownRuns, putRun, updateRun } from '../store/runs';
import { UNFINISHED, type DatasetRow, type RunRow } from '../store/schema';
import type { LeaveOrder } from '../training/protocol';
import type { RunResult, Workbench } from './api';
import { getDataset, validName } from './datasets';
import type { EventHub } from './events';
import type { RunSupervisor } from './supervisor';

/** Kinds of errors that keep a run from training at all: `wait` throws them instead of reporting a failed run. */
const NEVER_STARTED = new Set(['config', 'data', 'backend', 'not_found']);

/** Names of a run's config that do not change what it computes. */
function comparable(config: RunConfig): unknown {
  return { ...config, name: null, data: { ...config.data, dataset: null } };
}

/** SHA-256 of what a config computes, whatever the run and the dataset are called. */
export async function configHash(config: RunConfig): Promise<string> {
  return sha256(canonicalJson(comparable(config)));
}

/** The run commands of the workbench. */
export function runCommands(database: Database, hub: EventHub, supervisor: RunSupervisor): Workbench['runs'] {
  const changed = (id: string): void => hub.emit({ type: 'changed', noun: 'run', id });

  const change = async (id: string, fields: Parameters<typeof updateRun>[2]): Promise<RunRow> => {
    const row = await updateRun(database, id, fields);
    changed(id);
    return row;
  };

  const current = async (id: string): Promise<RunRow> => supervisor.amend(await getRun(database, id));

  /** Ends a run that no tab trains. */
  const settle = async (run: RunRow, status: RunRow['status']): Promise<void> => {
    await appendLog(database, run.id, 'info', `The run was ${status} while no tab trained it.`);
    await change(run.id, { status, reason: null });
  };

  /** @throws LatheError of kind `usage` for a trial, which goes with its study. */
  const refuseTrial = ({ trial, name }: RunRow, what: string): void => {
    if (trial === null) return;
    throw new LatheError('usage', `The run ${name} is a trial of a study. ${what} the study, and it follows.`);
  };

  const resume = async (id: string): Promise<void> => {
    const run = await current(id);
    refuseTrial(run, 'Resume');
    if (!UNFINISHED.includes(run.status)) {
      throw new LatheError(
        'usage',
        `The run ${run.name} is ${run.status}: only a run that is paused or was cut off can go on.`,
      );
    }
    const dataset = await database.get('datasets', run.dataset_id);
    if (!dataset)
      throw new LatheError(
        'not_found',
        `The dataset ${run.dataset_name} of this run is gone. Drop its files on the page again.`,
      );
    await supervisor.launch(id, async () => {
      await change(id, { status: 'running', reason: null });
    });
  };

  const leave = async (id: string, order: LeaveOrder): Promise<void> => {
    const run = await current(id);
    if (!UNFINISHED.includes(run.status))
      throw new LatheError('usage', `The run ${run.name} is ${run.status} already.`);
    if (order === 'pause') refuseTrial(run, 'Pause');
    if (run.status === 'running' && (await supervisor.leave(id, order))) return;
    if (order === 'pause') return settle(run, 'paused');
    if (order === 'cancel') return settle(run, 'cancelled');
    // To stop well, the best checkpoint must be evaluated: the run sits down once more, only to be asked to stop.
    await resume(id);
    await supervisor.leave(id, 'stop');
  };

  const start = async (input: RunConfig, datasetId: string): Promise<RunRow> => {
    const config = parseConfig(input);
    const dataset = await getDataset(database, datasetId);
    const row = await newRun(database, config, dataset);
    await supervisor.launch(row.id, async () => {
      await putRun(database, row);
      changed(row.id);
    });
    return row;
  };

  return {
    async list() {
      return (await ownRuns(database)).filter((run) => run.deleted_at === null).map((run) => supervisor.amend(run));
    },
    get: current,
    start,
    async findUnfinished(input, datasetId) {
      const config = parseConfig(input);
      const [hash, dataset] = [await configHash(config), await getDataset(database, datasetId)];
      const runs = await ownRuns(database);
      return (
        runs.find(
          (run) =>
            run.config_hash === hash &&
            run.dataset_hash === dataset.content_hash &&
            run.deleted_at === null &&
            UNFINISHED.includes(run.status),
        ) ?? null
      );
    },
    pause: (id) => leave(id, 'pause'),
    stop: (id) => leave(id, 'stop'),
    cancel: (id) => leave(id, 'cancel'),
    resume,
    async wait(id): Promise<RunResult> {
      const departure = await supervisor.departure(id);
      if (departure.error && departure.steps === 0 && NEVER_STARTED.has(departure.error.kind)) {
        throw LatheError.fromJSON(departure.error);
      }
      const run = await current(id);
      return {
        run_id: run.id,
        status: run.status,
        backend: run.backend?.backend ?? null,
        adapter: run.backend?.adapter ?? null,
        epochs: run.epoch,
        steps: run.step,
        resumed_from: departure.resumed_from === null ? null : { run_id: run.id, step: departure.resumed_from },
        steps_this_process: departure.steps,
        weights_sha256: run.weights_sha256,
        metrics: run.metrics,
        tracking: {},
        seconds: run.seconds,
        reason: run.reason,
      };
    },
    update: (id, { name, tags, notes }) =>
      change(id, {
        ...(name !== undefined && { name: validName(name) }),
        ...(tags !== undefined && { tags: [...new Set(tags.map((tag) => tag.trim()).filter(Boolean))] }),
        ...(notes !== undefined && { notes }),
      }),
    async remove(id) {
      const run = await current(id);
      // What is deleted must not come back by itself: a run that trains is paused first.
      if (run.status === 'running') await leave(id, 'pause');
      await supervisor.departure(id);
      await change(id, { deleted_at: Date.now() });
    },
    restore: async (id) => void (await change(id, { deleted_at: null })),
    metrics: (id, metrics) => readMetrics(database, id, metrics),
    checkpoints: (id) => listCheckpoints(database, id),
    log: (id) => readLog(database, id),
    profile: (id) => getProfile(database, id),
    compare: async (ids) =>
      diffConfigs((await Promise.all(ids.map((id) => getRun(database, id)))).map((run) => run.config)),
  };
}

/** Which trial a run belongs to. */
export interface TrialOfRun {
  run_id: string;
  study_id: string;
  trial: number;
}

/** The row of a run that begins. */
export async function newRun(
  database: Database,
  config: RunConfig,
  dataset: DatasetRow,
  trial: TrialOfRun | null = null,
): Promise<RunRow> {
  const now = Date.now();
  const named: RunConfig = { ...config, data: { ...config.data, dataset: config.data.dataset ?? dataset.name } };
  const name = config.name ?? (await freshName(database, `${dataset.name}-${config.model.architecture}`));
  return {
    id: trial?.run_id ?? newId(),
    name,
    created: now,
    updated: now,
    deleted_at: null,
    status: 'running',
    reason: null,
    config: named,
    config_hash: await configHash(named),
    dataset_id: dataset.id,
    dataset_name: dataset.name,
    dataset_hash: dataset.content_hash,
    study_id: trial?.study_id ?? '',
    trial: trial?.trial ?? null,
    tags: [],
    notes: '',
    backend: null,
    model: null,
    preprocessing: null,
    epoch: 0,
    step: 0,
    total_steps: null,
    seconds: 0,
    samples_per_second: null,
    latest: {},
    best: {},
    metrics: null,
    confusion: { val: null, test: null },
    best_checkpoint: null,
    latest_checkpoint: null,
    weights_sha256: null,
    resumed: [],
    notices: [],
  };
}

/** `stem-1`, `stem-2`, … : the first that no run has. */
async function freshName(database: Database, stem: string): Promise<string> {
  const taken = new Set((await ownRuns(database)).map((run) => run.name));
  for (let n = 1; ; n++) if (!taken.has(`${stem}-${n}`)) return `${stem}-${n}`;
}
