/** The updates of a run that trains on one device. */
import { LatheError } from '../base/errors';
import type { ResolvedConfig } from '../config/schema';
import type { Batch, PreparedData } from '../data/contract';
import type { Arena } from '../engine/arena/arena';
import type { Inference } from '../models/inference';
import type { Model } from '../models/model';
import { nonFinitePlace } from './diagnose';
import { evaluate } from './evaluate';
import type { MetricAccumulator } from './metrics/accumulator';
import type { RunProfiler } from './profiler';
import type { TrainingState } from './state';
import type { StepBatches } from './step-batches';
import type { TrainStep } from './train-step';
import type { EvaluationOptions, Updates, UpdateUnderWay } from './updates';

/** What they are made of. */
export interface DeviceUpdatesParts {
  config: ResolvedConfig;
  data: PreparedData;
  batches: StepBatches;
  /** Updates of the whole run. */
  total: number;
  model: Model;
  inference: Inference;
  step: TrainStep;
}

/** Updates by one device. */
export class DeviceUpdates implements Updates {
  readonly arena: Arena;
  readonly leads = true;
  readonly place = { rank: 0, members: [''] };
  readonly #parts: DeviceUpdatesParts;
  /** Where the run is profiled in this sitting. */
  profiler: RunProfiler | null = null;
  /** The data of the next update, on its way. */
  #next: { index: number; batches: Promise<Batch[]> } | null = null;

  constructor(parts: DeviceUpdatesParts) {
    this.#parts = parts;
    this.arena = parts.step.arena;
  }

  async start(state: TrainingState): Promise<TrainingState> {
    return state;
  }

  async begin(index: number, passes: number, rate: number): Promise<UpdateUnderWay> {
    const { step, batches: source, total, model } = this.#parts;
    const { profiler } = this;
    const loading = performance.now();
    const batches = await (this.#next?.index === index ? this.#next.batches : source.load(index));
    profiler?.span('input', loading, index + 1);
    const result = (profiler ?? step).run(batches, index + 1, passes, rate);
    // A failure is met where the result is awaited; until then it must not count as unhandled.
    result.catch(() => undefined);
    const preparing = performance.now();
    this.#next = index + 1 < total ? { index: index + 1, batches: source.load(index + 1) } : null;
    profiler?.span('input', preparing, index + 2);
    this.#next?.batches.catch(() => undefined);
    const sound = (batch: Batch): boolean => batch.inputs.every(Number.isFinite);
    return {
      step: index + 1,
      rate,
      passes: batches.length,
      done: result,
      async land(metrics) {
        const waiting = performance.now();
        const { outputs, ...outcome } = await result;
        profiler?.span('results', waiting, index + 1);
        profiler?.landed(index + 1);
        const landed = performance.now();
        const examples = batches.reduce((sum, batch) => sum + batch.n, 0);
        let loss = 0;
        batches.forEach((batch, i) => (loss += (batch.n / examples) * metrics.add(outputs[i], batch.targets)));
        profiler?.span('metrics', landed, index + 1);
        return { ...outcome, examples, loss, stop: false, overdue: false };
      },
      sound: () => batches.every(sound),
      blame() {
        const broken = batches.findIndex((batch) => !sound(batch));
        const at = broken < 0 ? batches.length - 1 : broken;
        return nonFinitePlace(model, batches[at], passes + at, step.storage);
      },
    };
  }

  async evaluate(
    split: 'validation' | 'test',
    metrics: MetricAccumulator,
    { interrupted }: EvaluationOptions = {},
  ): Promise<boolean> {
    const { inference, data, config } = this.#parts;
    const started = performance.now();
    // Evaluation keeps no activations: larger batches than in training fit.
    const batchSize = 2 * config.training.batch_size;
    const whole = await evaluate(inference, data, data.splits[split], batchSize, metrics, interrupted);
    if (whole) this.profiler?.span('evaluation', started, null);
    return whole;
  }

  async averaged<T>(f: () => Promise<T>): Promise<T> {
    this.arena.useAverage(true);
    try {
      return await f();
    } finally {
      this.arena.useAverage(false);
    }
  }

  settled(): void {
    // There is nobody to tell.
  }

  async checkpoint(): Promise<null> {
    return null;
  }

  async recover(): Promise<never> {
    throw new LatheError('group', 'Nobody else trains it here. Resume it with its group.');
  }

  satisfied(): void {
    // There is nobody to tell.
  }

  stopAll(): boolean {
    return false;
  }

  async leave(): Promise<void> {
    // There is nobody to tell.
  }

  dispose(): void {
    this.#parts.step.dispose();
  }
}
