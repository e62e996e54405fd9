/** Commands on studies: start, leave, resume, look at. The supervisor keeps them going. */
import { LatheError } from '../base/errors';
import { newId } from '../base/ids';
import { trialConfig } from '../config/search/apply';
import { objectivesOf } from '../config/search/search';
import { parseConfig } from '../config/parse';
import type { RunConfig } from '../config/schema';
import type { Database } from '../store/database';
import { allStudies, getStudy, putStudy, readTrials, updateStudy } from '../store/studies';
import { updateRun } from '../store/runs';
import { UNFINISHED, type DatasetRow, type RunGroup } from '../store/schema';
import { UNFINISHED_STUDY, type StudyRow, type TrialParams, type TrialRow } from '../store/study';
import { paretoFront } from '../sweeps/pareto';
import { checkParams } from '../sweeps/space/check-params';
import { Space } from '../sweeps/space/space';
import { waitingTrial } from '../sweeps/study';
import type { StudyResult, Workbench } from './api';
import { getDataset, validName } from './datasets';
import type { EventHub } from './events';
import { configHash } from './runs';
import type { StudySupervisor } from './study-supervisor';
import { startStudyWorker, studyWorker } from './workers';

/** The study commands of the workbench. */
export function studyCommands(database: Database, hub: EventHub, supervisor: StudySupervisor): Workbench['studies'] {
  const changed = (id: string): void => hub.emit({ type: 'changed', noun: 'study', id });

  const change = async (id: string, fields: Parameters<typeof updateStudy>[2]): Promise<StudyRow> => {
    const row = await updateStudy(database, id, fields);
    changed(id);
    return row;
  };

  const get = (id: string): Promise<StudyRow> => getStudy(database, id);

  const leave = async (id: string, how: 'pause' | 'stop'): Promise<void> => {
    const study = await get(id);
    if (!UNFINISHED_STUDY.includes(study.status)) {
      throw new LatheError('usage', `The study ${study.name} is ${study.status} already.`);
    }
    if (study.status === 'running' && (await supervisor.order(id, { kind: 'leave', how }))) return;
    if (how === 'pause') return void (await change(id, { status: 'paused', reason: null }));
    // Nobody conducts it: its trials that were running end here.
    const trials = (await readTrials(database, id)).filter(({ state }) => state === 'running');
    const ended = trials.map((trial): TrialRow => ({
      ...trial,
      state: 'pruned',
      reason: 'The study was stopped.',
      ended: Date.now(),
    }));
    for (const runId of trials.flatMap(({ run_ids }) => run_ids)) {
      const run = await database.get('runs', runId);
      if (run && UNFINISHED.includes(run.status)) {
        await updateRun(database, runId, { status: 'pruned', reason: 'The study was stopped.' });
      }
    }
    await updateStudy(
      database,
      id,
      {
        status: 'stopped',
        reason: null,
        counts: { ...study.counts, running: 0, pruned: study.counts.pruned + ended.length },
      },
      ended,
    );
    changed(id);
  };

  const enqueue = async (id: string, params: TrialParams): Promise<TrialRow | null> => {
    const here = await supervisor.enqueue(id, params);
    if (here) return here;
    const study = await get(id);
    // Checked here: what another tab finds wrong would be said there.
    checkParams(new Space(study.space), params);
    if (study.status === 'running' && (await supervisor.order(id, { kind: 'enqueue', params }))) return null;
    const worker = startStudyWorker();
    try {
      await worker.api.open(id);
      const trial = await worker.api.enqueue(params);
      hub.emit({ type: 'trial', study_id: id, trial });
      changed(id);
      return trial;
    } finally {
      worker.terminate();
    }
  };

  return {
    list: async () => (await allStudies(database)).filter((study) => study.deleted_at === null),
    get,
    trials: (id) => readTrials(database, id),
    async start(input, datasetId, { warmStart } = {}) {
      const asked = searching(input);
      const dataset = await getDataset(database, datasetId);
      const { config, group } = await inRoom(asked);
      const row = { ...(await newStudy(database, config, dataset, warmStart ?? null)), ...(group && { group }) };
      const waiting = enqueued(row, config);
      await supervisor.launch(row.id, async () => {
        await putStudy(database, row, waiting);
        changed(row.id);
      });
      return row;
    },
    async findUnfinished(input, datasetId) {
      const hash = await configHash(searching(input));
      const dataset = await getDataset(database, datasetId);
      const studies = await allStudies(database);
      return (
        studies.find(
          (study) =>
            study.config_hash === hash &&
            study.dataset_hash === dataset.content_hash &&
            study.deleted_at === null &&
            UNFINISHED_STUDY.includes(study.status),
        ) ?? null
      );
    },
    pause: (id) => leave(id, 'pause'),
    stop: (id) => leave(id, 'stop'),
    async resume(id, { nTrials } = {}) {
      const study = await get(id);
      const { config } = study;
      if (!config) {
        throw new LatheError('usage', `The study ${study.name} came from a file: it can be looked at, not run.`);
      }
      const search = config.optimization.hyperparameter_search;
      const wanted = nTrials ?? search.n_trials;
      const done = Object.values(study.counts).reduce((sum, count) => sum + count, 0);
      if (!UNFINISHED_STUDY.includes(study.status) && wanted <= done && study.counts.waiting === 0) {
        throw new LatheError('usage', `The study ${study.name} has all of its ${done} trials. Give it more to go on.`);
      }
      await supervisor.launch(id, async () => {
        await change(id, {
          status: 'running',
          reason: null,
          config: { ...config, optimization: { hyperparameter_search: { ...search, n_trials: wanted } } },
        });
      });
    },
    async pruneTrial(id, number) {
      if (!(await supervisor.order(id, { kind: 'prune', number }))) {
        throw new LatheError('usage', `Trial ${number} is not running.`);
      }
    },
    enqueue,
    async wait(id): Promise<StudyResult> {
      const end = await supervisor.end(id);
      const [study, trials] = [await get(id), await readTrials(database, id)];
      const directions = study.objectives.map(({ direction }) => direction);
      return {
        study,
        trials,
        front: paretoFront(trials, directions).map(({ number }) => number),
        reason: end?.reason ?? study.reason,
      };
    },
    update: (id, { name, tags, notes }) =>
      change(id, {
        ...(name !== undefined && { name: validName(name) }),
        ...(tags !== undefined && { tags: [...new Set(tags.map((tag) => tag.trim()).filter(Boolean))] }),
        ...(notes !== undefined && { notes }),
      }),
    async remove(id) {
      const study = await get(id);
      // What is deleted must not come back by itself.
      if (study.status === 'running') await leave(id, 'pause');
      await supervisor.end(id);
      await change(id, { deleted_at: Date.now() });
    },
    restore: async (id) => void (await change(id, { deleted_at: null })),
    importance: async (id, evaluator, objective = 0) => studyWorker().importance(id, evaluator, objective),
    async trialConfig(id, number) {
      const [study, trial] = await Promise.all([get(id), database.get('trials', [id, number])]);
      if (!study.config) throw new LatheError('usage', `The study ${study.name} came from a file: it has no config.`);
      if (!trial) throw new LatheError('not_found', `The study ${study.name} has no trial ${number}.`);
      return { ...trialConfig(study.config, trial.params), name: `${study.name}-best` };
    },
    export: async (id, format) => studyWorker().write(id, format),
    async import(file) {
      const studies = await studyWorker().read(file);
      for (const { id } of studies) changed(id);
      return studies;
    },
  };
}

/** `input` as the config of a study. @throws LatheError of kind `config` that names what keeps it from being searched */
function searching(input: RunConfig): RunConfig {
  const search = { ...input.optimization.hyperparameter_search, enabled: true };
  return parseConfig({ ...input, optimization: { hyperparameter_search: search } });
}

/** Where others are to train trials, too: the room that they come to stands beside the config. @throws LatheError of kind `usage` */
async function inRoom(config: RunConfig): Promise<{ config: RunConfig; group?: RunGroup }> {
  if (!config.training.distributed.enabled) return { config };
  const { hostedRun } = await import('./hosted-run');
  return hostedRun(config);
}

/** The trials that the config asks for. @throws LatheError of kind `config` that names a value which cannot be */
function enqueued({ id, space }: StudyRow, config: RunConfig): TrialRow[] {
  const { enqueue } = config.optimization.hyperparameter_search;
  const known = new Space(space);
  return enqueue.map((params, i) => {
    checkParams(known, params, `optimization.hyperparameter_search.enqueue, trial ${i + 1}: `);
    return waitingTrial(id, i, params);
  });
}

async function newStudy(
  database: Database,
  config: RunConfig,
  dataset: DatasetRow,
  warmStart: string | null,
): Promise<StudyRow> {
  const now = Date.now();
  const search = config.optimization.hyperparameter_search;
  const stem = `${dataset.name}-${config.model.architecture}-sweep`;
  const named: RunConfig = {
    ...config,
    name: config.name ?? stem,
    data: { ...config.data, dataset: config.data.dataset ?? dataset.name },
  };
  return {
    id: newId(),
    name: await freshName(database, config.name ?? stem, config.name === null),
    created: now,
    updated: now,
    deleted_at: null,
    status: 'running',
    reason: null,
    config: named,
    config_hash: await configHash(config),
    dataset_id: dataset.id,
    dataset_name: dataset.name,
    dataset_hash: dataset.content_hash,
    objectives: objectivesOf(search),
    space: search.search_space,
    warm_start: warmStart === null ? null : await learntFrom(database, warmStart),
    notes: '',
    tags: [],
    counts: { waiting: search.enqueue.length, running: 0, complete: 0, pruned: 0, failed: 0 },
    best: null,
    seconds: 0,
    steps: 0,
    notices: [],
  };
}

async function learntFrom(database: Database, id: string): Promise<StudyRow['warm_start']> {
  const { name, counts } = await getStudy(database, id);
  return { study_id: id, name, trials: counts.complete + counts.pruned + counts.failed };
}

/** `stem` where no study has it, or `stem-2`, … ; names that Lathe makes count from 1. */
async function freshName(database: Database, stem: string, made: boolean): Promise<string> {
  const taken = new Set((await allStudies(database)).map((study) => study.name));
  if (!made && !taken.has(stem)) return stem;
  for (let n = made ? 1 : 2; ; n++) if (!taken.has(`${stem}-${n}`)) return `${stem}-${n}`;
}
