/** A workbench whose studies, peers and tracking live in memory and whose events a test emits; the rest is real and stays unused. */
import type { PeerSettings, Workbench, WorkbenchEvent } from '../../src/app/api';
import { openWorkbench } from '../../src/app/workbench';
import { LatheError } from '../../src/base/errors';
import type { MediaRow } from '../../src/store/media';
import type { DatasetRow, RunRow } from '../../src/store/schema';
import type { StudyRow, TrialParams, TrialRow } from '../../src/store/study';
import { memoryTracking } from './memory-tracking';

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
  datasets?: DatasetRow[];
  /** Of its runs; a test may add some. */
  media?: MediaRow[];
  /** Commands on peers in place of those that only answer. */
  peers?: Partial<Workbench['peers']>;
  /** Tracking in place of one that keeps nothing yet. */
  tracking?: Workbench['tracking'];
  /** Commands on registered models in place of those that find none. */
  registry?: Partial<Workbench['registry']>;
}

/** Opens one with these studies and runs. */
export async function memoryWorkbench({
  studies = [],
  runs = [],
  datasets = [],
  media = [],
  peers = {},
  tracking = memoryTracking().tracking,
  registry = {},
}: MemoryContent): Promise<MemoryWorkbench> {
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
      datasets: { ...real.datasets, list: async () => datasets },
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
        media: async (id, step) =>
          media.filter((row) => row.run_id === id && (step === undefined || row.step === step)),
        mediaSteps: async (id) =>
          [...new Set(media.filter((row) => row.run_id === id).map(({ step }) => step))].sort((a, b) => a - b),
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
      peers: { ...idlePeers(), ...peers },
      tracking,
      registry: { ...real.registry, models: async () => [], versions: async () => [], ...registry },
      device: {
        probe: async () => ({ backend: 'cpu', adapter: 'cpu', software: true, reason: 'This is a test.' }),
        storage: async () => ({ used: 0, quota: 1e9 }),
      },
    },
  };
}

/** Peers that nobody meets: settings are kept, codes are always the same. */
function idlePeers(): Workbench['peers'] {
  let settings: PeerSettings = {
    name: 'Ada',
    signalling: null,
    ice_servers: [],
    relay_only: false,
    connections: 1,
  };
  const nobody = (): Promise<never> => Promise.reject(new LatheError('not_found', 'Nobody is in this room.'));
  return {
    host: nobody,
    look: nobody,
    join: nobody,
    help: nobody,
    helped: nobody,
    crew: async () => null,
    forget: async () => undefined,
    leave: async () => undefined,
    stopAll: async () => undefined,
    status: async () => null,
    room: async () => null,
    offerPairing: async () => ({ code: 'offer', qr: SQUARE }),
    answerPairing: async () => ({ code: 'answer', qr: SQUARE, link: '' }),
    acceptPairing: async () => undefined,
    qr: async () => SQUARE,
    settings: async () => settings,
    configure: async (change) => (settings = { ...settings, ...change }),
  };
}

/** A picture in place of a code. */
const SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 3"><path d="M1 1h1v1h-1z"/></svg>';
