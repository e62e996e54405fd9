/** The workers of the page. Each is started when it is first needed; a trainer lives as long as its run trains. */
import { connect, type Remote } from '../base/rpc';
import type { AnalysisApi } from '../analysis/api';
import type { DataApi } from '../data/api';
import type { ExamplesApi } from '../data/streaming/api';
import type { ExportApi } from '../export/api';
import type { StudyApi } from '../sweeps/api';
import type { SyncApi } from '../tracking/api';
import type { TrainerApi } from '../training/protocol';

/** A trainer worker, its API, and how to end it. */
export interface TrainerWorker {
  api: Remote<TrainerApi>;
  /** Settles with a sentence if the worker itself breaks: a script that cannot load, an error nobody caught. */
  broken: Promise<string>;
  terminate(): void;
}

/** Starts a worker that trains one run. */
export function startTrainer(): TrainerWorker {
  const worker = new Worker(new URL('../../workers/trainer.ts', import.meta.url), { type: 'module', name: 'trainer' });
  return {
    api: connect<TrainerApi>(worker),
    broken: brokenOf(worker),
    terminate: () => worker.terminate(),
  };
}

function brokenOf(worker: Worker): Promise<string> {
  return new Promise((resolve) => {
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      resolve(event.message || 'its script could not be loaded');
    });
  });
}

/** A worker that has data ready for others, its API, and how to end it. */
export interface ExamplesWorker {
  api: Remote<ExamplesApi>;
  /** Settles with a sentence if the worker itself breaks. */
  broken: Promise<string>;
  terminate(): void;
}

/** Starts a worker that gives out the examples of one run. */
export function startExamplesWorker(): ExamplesWorker {
  const worker = new Worker(new URL('../../workers/examples.ts', import.meta.url), {
    type: 'module',
    name: 'examples',
  });
  return {
    api: connect<ExamplesApi>(worker),
    broken: brokenOf(worker),
    terminate: () => worker.terminate(),
  };
}

/** A study worker, its API, and how to end it. */
export interface StudyWorker {
  api: Remote<StudyApi>;
  terminate(): void;
}

/** Starts a worker that keeps one study. */
export function startStudyWorker(): StudyWorker {
  const worker = new Worker(new URL('../../workers/study.ts', import.meta.url), { type: 'module', name: 'study' });
  return { api: connect<StudyApi>(worker), terminate: () => worker.terminate() };
}

let study: StudyWorker | null = null;

/** The study worker that answers questions about any study; those that run have one of their own. */
export function studyWorker(): Remote<StudyApi> {
  study ??= startStudyWorker();
  return study.api;
}

let data: Remote<DataApi> | null = null;

/** The worker that reads files and shows datasets. */
export function dataWorker(): Remote<DataApi> {
  data ??= connect<DataApi>(
    new Worker(new URL('../../workers/data.ts', import.meta.url), { type: 'module', name: 'data' }),
  );
  return data;
}

/** The model worker: what it computes, and the files it writes and reads. */
export type ModelApi = AnalysisApi & ExportApi;

let model: Remote<ModelApi> | null = null;

/** The worker that summarises, predicts, exports and imports models. */
export function modelWorker(): Remote<ModelApi> {
  model ??= connect<ModelApi>(
    new Worker(new URL('../../workers/model.ts', import.meta.url), { type: 'module', name: 'model' }),
  );
  return model;
}

/** Starts the worker that sends runs to trackers. */
export function startSyncWorker(): Remote<SyncApi> {
  return connect<SyncApi>(
    new Worker(new URL('../../workers/sync.ts', import.meta.url), { type: 'module', name: 'sync' }),
  );
}
