/** What training tells, as it happens, in this tab or another: the latest figures of every run that trains. */
import { SvelteMap } from 'svelte/reactivity';
import type { WorkbenchEvent } from '../../app/api';
import type { BackendInfo, ConfusionMatrix, Metrics } from '../../store/schema';
import type { TrainingEvent } from '../../training/protocol';
import { betterOf } from '../metrics';

/** A run that trains now. */
export interface LiveRun {
  run_id: string;
  backend: BackendInfo | null;
  epoch: number;
  step: number;
  total_steps: number | null;
  steps_per_epoch: number | null;
  samples_per_second: number | null;
  step_ms: number | null;
  gpu_bytes: number | null;
  eta_seconds: number | null;
  resumed_from: number | null;
  /** Last value of each metric. */
  latest: Metrics;
  /** Best value of each metric since this page listens; the row knows those before. */
  best: Metrics;
  confusion: { val: ConfusionMatrix | null; test: ConfusionMatrix | null };
  checkpoint: string | null;
  /** When the last event came, in milliseconds since the epoch. */
  heard: number;
}

/** Events of training, for whoever follows one run closely (its curves, its log). */
export type TrainingListener = (event: TrainingEvent) => void;

const fresh = (run_id: string): LiveRun => ({
  run_id,
  backend: null,
  epoch: 0,
  step: 0,
  total_steps: null,
  steps_per_epoch: null,
  samples_per_second: null,
  step_ms: null,
  gpu_bytes: null,
  eta_seconds: null,
  resumed_from: null,
  latest: {},
  best: {},
  confusion: { val: null, test: null },
  checkpoint: null,
  heard: Date.now(),
});

/** The runs that train, by id. */
export class Live {
  readonly runs = new SvelteMap<string, LiveRun>();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
  #listeners = new Map<string, Set<TrainingListener>>();

  /** The run that trains now, if one does; the one that spoke last where there are several. */
  get current(): LiveRun | null {
    return this.latest(() => true);
  }

  /** The run that spoke last among those that `shown` accepts. */
  latest(shown: (id: string) => boolean): LiveRun | null {
    let latest: LiveRun | null = null;
    for (const run of this.runs.values()) {
      if ((!latest || run.heard > latest.heard) && shown(run.run_id)) latest = run;
    }
    return latest;
  }

  /** Hears every event of one run until the returned function is called. */
  follow(id: string, listener: TrainingListener): () => void {
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing is drawn from it
    const listeners = this.#listeners.get(id) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(id, listeners);
    return () => void listeners.delete(listener);
  }

  receive(event: WorkbenchEvent): void {
    if (!isTraining(event)) return;
    for (const listener of this.#listeners.get(event.run_id) ?? []) listener(event);
    if (event.type === 'ended') {
      this.runs.delete(event.run_id);
      return;
    }
    const before = this.runs.get(event.run_id) ?? fresh(event.run_id);
    this.runs.set(event.run_id, { ...advance(before, event), heard: Date.now() });
  }
}

const isTraining = (event: WorkbenchEvent): event is TrainingEvent => 'run_id' in event && event.type !== 'resumed';

function advance(run: LiveRun, event: TrainingEvent): LiveRun {
  switch (event.type) {
    case 'started':
      return {
        ...run,
        backend: event.backend,
        step: event.step,
        total_steps: event.total_steps,
        steps_per_epoch: event.steps_per_epoch,
        resumed_from: event.resumed_from,
      };
    case 'progress': {
      const latest = { ...run.latest };
      const best = { ...run.best };
      for (const { metric, values } of event.points) {
        const last = values.at(-1);
        if (last !== undefined) latest[metric] = last;
        for (const value of values) best[metric] = betterOf(metric, best[metric], value);
      }
      return {
        ...run,
        latest,
        best,
        epoch: event.epoch,
        step: event.step,
        total_steps: event.total_steps,
        samples_per_second: event.samples_per_second,
        step_ms: event.step_ms,
        gpu_bytes: event.gpu_bytes,
        eta_seconds: event.eta_seconds,
      };
    }
    case 'evaluated':
      return { ...run, confusion: { ...run.confusion, [event.split]: event.confusion } };
    case 'checkpoint':
      return { ...run, checkpoint: event.checkpoint.id };
    default:
      return run;
  }
}
