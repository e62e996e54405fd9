/** A workbench whose studies live in memory and whose events a test emits; the rest is real and stays unused. */
import type { Workbench, WorkbenchEvent } from '../../src/app/api';
import { openWorkbench } from '../../src/app/workbench';
import { LatheError } from '../../src/base/errors';
import type { RunRow } from '../../src/store/schema';
import type { StudyRow, TrialParams, TrialRow } from '../../src/store/study';

/** One, and what a test does with it. */
export interface MemoryWorkbench {
  workbench: Workbench;
  emit: (event: WorkbenchEvent) => void;
  /** Trials that were enqueued by hand. */
  enqueued: TrialParams[];
  /** Replaces a trial and tells of it. */
  putTrial: (trial: TrialRow) => void;
}

/** What is in it. */
export interface MemoryContent {
  studies?: { study: StudyRow; trials: TrialRow[] }[];
  runs?: RunRow[];
}

/** Opens one with these studies and runs. */
export async function memoryWorkbench({ studies = [], runs = [] }: MemoryContent): Promise<MemoryWorkbench> {
  const real = await openWorkbench({ driven: true });
  const listeners = new Set<(event: WorkbenchEvent) => void>();
  const content = new Map(studies.map((entry) => [entry.study.id, { ...entry, trials: [...entry.trials] }]));
  const enqueued: TrialParams[] = [];
  const find = (id: string): { study: StudyRow; trials: TrialRow[] } => {
    const found = content.get(id);
    if (!found) throw new LatheError('not_found', `There is no study ${id}.`);
    return found;
  };
  const emit = (event: WorkbenchEvent): void => listeners.forEach((listener) => listener(event));

  return {
    enqueued,
    emit,
    putTrial(trial) {
      find(trial.study_id).trials[trial.number] = trial;
      emit({ type: 'trial', study_id: trial.study_id, trial });
    },
    workbench: {
      ...real,
      subscribe(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      datasets: { ...real.datasets, list: async () => [] },
      models: { ...real.models, list: async () => [] },
      runs: {
        ...real.runs,
        list: async () => runs.filter(({ trial }) => trial === null),
        get: async (id) => {
          const run = runs.find((row) => row.id === id);
          if (!run) throw new LatheError('not_found', `There is no run ${id}.`);
          return run;
        },
        metrics: async () => [],
      },
      studies: {
        ...real.studies,
        list: async () => [...content.values()].map(({ study }) => study).filter((row) => row.deleted_at === null),
        get: async (id) => find(id).study,
        trials: async (id) => find(id).trials,
        update: async (id, change) => {
          const entry = find(id);
          entry.study = { ...entry.study, ...change };
          emit({ type: 'changed', noun: 'study', id });
          return entry.study;
        },
        enqueue: async (id, params) => {
          enqueued.push(params);
          const last = find(id).trials.at(-1);
          if (!last) throw new LatheError('usage', 'The study has no trial to copy.');
          return { ...last, number: last.number + 1, state: 'waiting', params };
        },
        trialConfig: async (id) => {
          const { config } = find(id).study;
          if (!config) throw new LatheError('usage', 'The study has no config.');
          return { ...config, training: { ...config.training, epochs: 77 } };
        },
        importance: async () => [],
      },
      device: {
        probe: async () => ({ backend: 'cpu', adapter: 'cpu', software: true, reason: 'This is a test.' }),
        storage: async () => ({ used: 0, quota: 1e9 }),
      },
    },
  };
}
