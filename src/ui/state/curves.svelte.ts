/** The curves of one run: read from the store once, then grown by the points that training sends. */
import type { Workbench } from '../../app/api';
import type { MetricSeries } from '../../store/metrics';
import type { MetricPoints, TrainingEvent } from '../../training/protocol';
import type { Live } from './live.svelte';
import { sayError } from './toasts';

/** Points of one metric, ascending by step. */
export interface Curve {
  steps: number[];
  values: number[];
  times: number[];
}

/** Between two changes, in milliseconds: curves that move ten times a second look alive, and leave time for the rest. */
const PACE_MS = 100;

/** Where curves are read from. */
export type StoredMetrics = Pick<Workbench['runs'], 'metrics'>;

/** Curves by metric. `version` rises with every change; the arrays themselves are not reactive. */
export class Curves {
  version = $state(0);
  loaded = $state(false);
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- grows too often to be proxied: `version` tells
  readonly byMetric = new Map<string, Curve>();
  #runId: string;
  #runs: StoredMetrics;
  #pending: TrainingEvent[] = [];
  #scheduled = false;
  #changedAt = -Infinity;

  constructor(runs: StoredMetrics, runId: string) {
    this.#runs = runs;
    this.#runId = runId;
  }

  /** Reads what is stored and follows the run; returns the function that stops following. */
  open(live: Live): () => void {
    const stop = live.follow(this.#runId, (event) => this.#receive(event));
    void this.#load();
    return stop;
  }

  /** Names of the metrics that have points. */
  get metrics(): string[] {
    return this.version >= 0 ? [...this.byMetric.keys()] : [];
  }

  get(metric: string): Curve | undefined {
    return this.version >= 0 ? this.byMetric.get(metric) : undefined;
  }

  async #load(): Promise<void> {
    try {
      this.#replace(await this.#runs.metrics(this.#runId));
    } catch (thrown) {
      sayError(thrown);
    }
    this.loaded = true;
    for (const event of this.#pending) this.#receive(event);
    this.#pending = [];
  }

  #replace(series: MetricSeries[]): void {
    this.byMetric.clear();
    for (const { metric, steps, values, times } of series) {
      this.byMetric.set(metric, { steps: [...steps], values: [...values], times: [...times] });
    }
    this.#changed();
  }

  #receive(event: TrainingEvent): void {
    if (!this.loaded) {
      this.#pending.push(event);
      return;
    }
    if (event.type === 'started') {
      // A resumed run walks again over the steps after its checkpoint.
      for (const curve of this.byMetric.values()) truncate(curve, event.step);
      this.#changed();
    } else if (event.type === 'progress' && event.points.length > 0) {
      for (const points of event.points) this.#append(points);
      this.#changed();
    }
  }

  #append({ metric, steps, values, times }: MetricPoints): void {
    const curve = this.byMetric.get(metric) ?? { steps: [], values: [], times: [] };
    this.byMetric.set(metric, curve);
    for (let i = 0; i < steps.length; i++) {
      // Points that the store already gave arrive once more when the page is opened in the middle.
      if (curve.steps.length > 0 && steps[i] <= curve.steps[curve.steps.length - 1]) continue;
      curve.steps.push(steps[i]);
      curve.values.push(values[i]);
      curve.times.push(times[i]);
    }
  }

  /** The first change shows in the next frame; then there are so many a second, however fast training speaks. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const change = (): void => {
      this.#scheduled = false;
      this.#changedAt = performance.now();
      this.version++;
    };
    const wait = this.#changedAt + PACE_MS - performance.now();
    if (wait <= 0) requestAnimationFrame(change);
    else setTimeout(() => requestAnimationFrame(change), wait);
  }
}

/** Drops the points after `step`. */
function truncate(curve: Curve, step: number): void {
  let length = curve.steps.length;
  while (length > 0 && curve.steps[length - 1] > step) length--;
  curve.steps.length = length;
  curve.values.length = length;
  curve.times.length = length;
}
