/** Commands on runs: start, leave, resume, compare. The supervisor keeps them training. */
import { LatheError } from '../base/errors';
import { canonicalJson, sha256 } from '../base/hash';
import { newId } from '../base/ids';
import { diffConfigs } from '../config/diff';
import { parseConfig } from '../config/parse';
import type { RunConfig } from '../config/schema';
import { listCheckpoints, missingParts } from '../store/checkpoints';
import type { Database } from '../store/database';
import { appendLog, readLog } from '../store/logs';
import { mediaSteps, readMedia, readMediaAt } from '../store/media';
import { readMetrics } from '../store/metrics';
import { getProfile } from '../store/profiles';
import { getRun, ownRuns, putRun, updateRun } from '../store/runs';
import { NOT_HERE, UNFINISHED, type DatasetRow, type RunRow } from '../store/schema';
import type { LeaveOrder } from '../training/protocol';
import type { RunResult, Workbench } from './api';
import { getDataset, validName } from './datasets';
import type { EventHub } from './events';
import type { EndedRuns } from './registry';
import type { RunSupervisor } from './supervisor';

/** Kinds of errors that keep a run from training at all: `wait` throws them instead of reporting a failed run. */
const NEVER_STARTED = new Set(['config', 'data', 'backend', 'not_found']);

/** Why a run whose examples others sent cannot be evaluated by itself. */
const notHere = ({ dataset_name }: RunRow): string =>
  `the dataset ${dataset_name} is not in this browser, which was sent its examples while it trained.`;

/** A config without what does not change what it computes: names, where a group meets, and where runs are sent. */
function comparable(config: RunConfig): unknown {
  const { data, training, logging: _logging, registry: _registry, ...rest } = config;
  const distributed = { ...training.distributed, room: null };
  return { ...rest, name: null, data: { ...data, dataset: null }, training: { ...training, distributed } };
}

/** SHA-256 of what a config computes, whatever the run and the dataset are called. */
export async function configHash(config: RunConfig): Promise<string> {
  return sha256(canonicalJson(comparable(config)));
}

/** Commands on runs: those of the workbench, and what else begins runs. */
export type RunCommands = Workbench['runs'] & {
  /** Starts a run with fields of its row that are not made from its config, on a dataset of this browser or of others. */
  begin(config: RunConfig, data: string | RunData, fields: RunFields): Promise<RunRow>;
};

/** The run commands of the workbench. */
export function runCommands(
  database: Database,
  hub: EventHub,
  supervisor: RunSupervisor,
  ended: EndedRuns,
): RunCommands {
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

  const resume = async (id: string, alone = false): Promise<void> => {
    const run = await current(id);
    refuseTrial(run, 'Resume');
    if (!UNFINISHED.includes(run.status)) {
      throw new LatheError(
        'usage',
        `The run ${run.name} is ${run.status}: only a run that is paused or was cut off can go on.`,
      );
    }
    const isHere = run.dataset_id !== NOT_HERE;
    if (isHere && !(await database.get('datasets', run.dataset_id)))
      throw new LatheError(
        'not_found',
        `The dataset ${run.dataset_name} of this run is gone. Drop its files on the page again.`,
      );
    const prepare = async (): Promise<void> => void (await change(id, { status: 'running', reason: null }));
    await supervisor.launch(id, prepare, { alone });
  };

  const leave = async (id: string, order: LeaveOrder): Promise<void> => {
    const run = await current(id);
    if (!UNFINISHED.includes(run.status))
      throw new LatheError('usage', `The run ${run.name} is ${run.status} already.`);
    if (order === 'pause') refuseTrial(run, 'Pause');
    if (run.status === 'running' && (await supervisor.leave(id, order))) return;
    if (order === 'pause') return settle(run, 'paused');
    if (order === 'cancel') return settle(run, 'cancelled');
    if (run.dataset_id === NOT_HERE) {
      await appendLog(database, id, 'warning', `The best checkpoint was not evaluated: ${notHere(run)}`);
      return settle(run, 'stopped');
    }
    // To stop well, the best checkpoint must be evaluated: the run sits down once more, only to be asked to stop. In its
    // group it would stop all the others.
    await resume(id, true);
    await supervisor.leave(id, 'stop');
  };

  const begin = async (input: RunConfig, data: string | RunData, fields: RunFields): Promise<RunRow> => {
    const dataset = typeof data === 'string' ? await getDataset(database, data) : data;
    const row = { ...(await newRun(database, parseConfig(input), dataset)), ...fields };
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
    begin,
    async start(input, datasetId) {
      if (!input.training.distributed.enabled) return begin(input, datasetId, {});
      const { hostedRun } = await import('./hosted-run');
      const { config, group } = hostedRun(input);
      return begin(config, datasetId, { group });
    },
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
            // One that follows another browser goes on where that one is.
            run.group?.role !== 'guest' &&
            UNFINISHED.includes(run.status),
        ) ?? null
      );
    },
    pause: (id) => leave(id, 'pause'),
    stop: (id) => leave(id, 'stop'),
    cancel: (id) => leave(id, 'cancel'),
    resume: (id) => resume(id),
    async wait(id): Promise<RunResult> {
      const departure = await supervisor.departure(id);
      if (departure.error && departure.steps === 0 && NEVER_STARTED.has(departure.error.kind)) {
        throw LatheError.fromJSON(departure.error);
      }
      await ended.register(id);
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
    async checkpoints(id) {
      const rows = await listCheckpoints(database, id);
      return Promise.all(rows.map(async (row) => ({ ...row, missing: (await missingParts(database, row)).length })));
    },
    log: (id) => readLog(database, id),
    media: (id, step) => (step === undefined ? readMedia(database, id) : readMediaAt(database, id, step)),
    mediaSteps: (id) => mediaSteps(database, id),
    profile: (id) => getProfile(database, id),
    compare: async (ids) =>
      diffConfigs((await Promise.all(ids.map((id) => getRun(database, id)))).map((run) => run.config)),
  };
}

/** Fields of a new run's row that are not made from its config. */
export type RunFields = Partial<Pick<RunRow, 'name' | 'group' | 'batch_size'>>;

/** What a run's row says of its dataset. `id`: `NOT_HERE` where others send its examples. */
export type RunData = Pick<DatasetRow, 'id' | 'name' | 'content_hash'>;

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
  dataset: RunData,
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
    group: null,
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
