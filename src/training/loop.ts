/**
 * The training loop: steps, epochs, evaluations and checkpoints of one run, from a state to the next. It knows no worker,
 * no device and no row; `trainer.ts` sets it up and records how it ended.
 *
 * Steps are queued ahead of the device, at most `IN_FLIGHT` of them; the state only ever speaks of steps whose results
 * came back. Nothing here that is saved depends on the clock.
 */
import type { ResolvedConfig } from '../config/schema';
import type { Batch, PreparedData } from '../data/contract';
import type { Inference } from '../models/inference';
import type { Model } from '../models/model';
import type { CheckpointReason, ConfusionMatrix, Metrics } from '../store/schema';
import { BusyClock } from './busy-clock';
import { Checkpointer, NotFinite } from './checkpointer';
import { nonFinitePlace } from './diagnose';
import { checkDivergence, notFinite, weightsDiverged } from './divergence';
import { stopReason, watch, type EarlyStoppingSettings } from './early-stopping';
import { evaluate } from './evaluate';
import type { Judge } from './judge';
import type { KernelTuning } from './kernel-tuning';
import type { MetricAccumulator } from './metrics/accumulator';
import { better, direction, prefixed } from './metrics/names';
import type { RunProfiler } from './profiler';
import type { LeaveOrder } from './protocol';
import { rank } from './ranking';
import type { Reporter } from './reporter';
import type { RunLength, Schedule } from './schedules/schedule';
import type { TrainingState } from './state';
import type { StepBatches } from './step-batches';
import { StepClock } from './step-clock';
import type { StepResult, TrainStep } from './train-step';
import { yieldToMessages } from './yield';

/** Steps whose results may be outstanding: enough to keep the device busy, few enough to stop soon. */
const IN_FLIGHT = 2;

/** What a loop works with. */
export interface LoopParts {
  config: ResolvedConfig;
  data: PreparedData;
  batches: StepBatches;
  model: Model;
  inference: Inference;
  step: TrainStep;
  /** Whether the loss is scaled (mixed precision): an update may then be left out. */
  scaled: boolean;
  schedule: Schedule;
  length: RunLength;
  /** The metric that decides which checkpoint is best. */
  monitor: string;
  earlyStopping: EarlyStoppingSettings | null;
  makeMetrics: () => MetricAccumulator;
  checkpointer: Checkpointer;
  reporter: Reporter;
  /** Where the run is profiled in this sitting. */
  profiler: RunProfiler | null;
  /** Where kernels are tuned to the adapter. */
  tuning: KernelTuning | null;
  /** Where the run is a trial of a study. */
  judge: Judge | null;
  /** Bytes of device memory now, and at most so far. */
  memory: () => { bytes: number; peak: number };
  /** Seconds trained in earlier sittings. */
  secondsBefore: number;
}

/** How the loop was left. */
export type LoopEnd =
  | { kind: 'complete'; reason: string | null }
  | { kind: 'pruned'; reason: string }
  | { kind: 'stopped' }
  | { kind: 'paused' }
  | { kind: 'cancelled' };

interface Flight {
  step: number;
  batches: Batch[];
  /** Forward passes of training before it. */
  passes: number;
  rate: number;
  result: Promise<StepResult>;
}

/** One sitting of a run. */
export class TrainingLoop {
  readonly #parts: LoopParts;
  readonly #state: TrainingState;
  readonly #metrics: MetricAccumulator;
  readonly #clock = new StepClock();
  readonly #busy = new BusyClock();
  readonly #startedAt = performance.now();
  #flights: Flight[] = [];
  /** Steps queued, those in flight included. */
  #queued: number;
  #next: Promise<Batch[]> | null = null;
  #lastCheckpoint = performance.now();
  /** Step of the checkpoint written last. */
  #checkpointed = -1;
  #evaluationMs: number | null = null;
  /** Last epoch that was reported in this sitting. */
  #reported = 0;
  #leave: LeaveOrder | null = null;
  #checkpointAsked: (() => void)[] = [];
  #stepsHere = 0;

  /** @param resumed Whether `state` is that of a stored checkpoint. */
  constructor(parts: LoopParts, state: TrainingState, resumed: boolean) {
    this.#parts = parts;
    this.#state = state;
    if (resumed) this.#checkpointed = state.step;
    this.#queued = state.step;
    this.#metrics = parts.makeMetrics();
    if (state.epoch_metrics.length > 0) this.#metrics.restore(state.epoch_metrics);
  }

  /** The state of the last step whose result came back. */
  get state(): TrainingState {
    return this.#state;
  }

  /** Steps done by this loop. */
  get stepsHere(): number {
    return this.#stepsHere;
  }

  /** Seconds trained, over all sittings. */
  get seconds(): number {
    return this.#parts.secondsBefore + (performance.now() - this.#startedAt) / 1000;
  }

  /** Asks the loop to end after the step in progress. */
  leave(order: LeaveOrder): void {
    this.#leave = order;
  }

  /** Asks for a checkpoint after the step in progress; resolves when it is written, or when the loop has ended. */
  checkpoint(): Promise<void> {
    return new Promise((resolve) => this.#checkpointAsked.push(resolve));
  }

  /** Trains until the run is complete or is asked to leave. @throws LatheError: diverged, data, storage. */
  async run(): Promise<LoopEnd> {
    try {
      return await this.#run();
    } finally {
      await Promise.allSettled(this.#flights.map((flight) => flight.result));
      for (const resolve of this.#checkpointAsked.splice(0)) resolve();
    }
  }

  async #run(): Promise<LoopEnd> {
    const { length, earlyStopping, checkpointer, reporter, profiler, tuning } = this.#parts;
    const state = this.#state;
    if (this.#checkpointed < 0) await this.#save('start');
    for (;;) {
      if (tuning?.due) {
        await this.#drain();
        this.#clock.pause();
        await tuning.tune();
        this.#clock.resume();
      }
      if (profiler?.isolates(this.#queued)) {
        await this.#drain();
        this.#clock.pause();
        await profiler.between(this.#queued);
        this.#clock.resume();
      }
      const atEpochEnd = this.#queued % length.perEpoch === 0;
      const over = this.#queued >= length.total;
      if (atEpochEnd || over || this.#leave || state.stopped || this.#checkpointDue()) await this.#drain();
      if (this.#leave === 'cancel') return { kind: 'cancelled' };
      if (this.#leave === 'prune') return { kind: 'pruned', reason: 'It was ended by hand.' };
      if (this.#leave === 'pause') return this.#pause();
      if (this.#leave === 'stop') state.stopped = true;

      if (state.batch === length.perEpoch) {
        if (!(await this.#endEpoch())) continue;
        await yieldToMessages();
        continue;
      }
      const early = stopReason(earlyStopping, state.early_stopping);
      const pruned = await this.#judge(over || state.stopped || early !== null);
      if (pruned !== null) return { kind: 'pruned', reason: pruned };
      if (over || state.stopped || early !== null) {
        if (state.batch > 0 && !(await this.#endEpoch({ partial: true }))) continue;
        if (this.#checkpointed !== state.step) await this.#save('end');
        await checkpointer.settle();
        if (state.stopped) return { kind: 'stopped' };
        return { kind: 'complete', reason: early };
      }
      await this.#answerCheckpoints();
      await this.#queueStep();
      if (this.#flights.length > IN_FLIGHT) await this.#land();
      reporter.check();
      await yieldToMessages();
    }
  }

  /**
   * Reports the epoch that ended last; after a resumption once more, since it may not have been heard.
   * @returns Why the run ends here, or null.
   */
  async #judge(over: boolean): Promise<string | null> {
    const { judge } = this.#parts;
    const { epoch, batch, step, latest } = this.#state;
    if (!judge || batch > 0 || epoch <= this.#reported) return null;
    this.#reported = epoch;
    this.#clock.pause();
    const reason = await judge.report(epoch, step, latest[judge.metric] ?? NaN, over);
    this.#clock.resume();
    return reason;
  }

  /** Queues the next update, its data being ready or awaited. */
  async #queueStep(): Promise<void> {
    const { step, schedule, config, length, batches: source, profiler } = this.#parts;
    const index = this.#queued;
    const loading = performance.now();
    const batches = await (this.#next ?? source.load(index));
    profiler?.span('input', loading, index + 1);
    const rate = config.training.optimizer.learning_rate * schedule(index);
    const passes = this.#state.passes + this.#flights.reduce((sum, flight) => sum + flight.batches.length, 0);
    const result = (profiler ?? step).run(batches, index + 1, passes, rate);
    // A failure is met where the result is awaited; until then it must not count as unhandled.
    result.catch(() => undefined);
    this.#busy.track(result);
    this.#flights.push({ step: index + 1, batches, passes, rate, result });
    this.#queued++;
    const preparing = performance.now();
    this.#next = this.#queued < length.total ? source.load(this.#queued) : null;
    profiler?.span('input', preparing, index + 2);
    this.#next?.catch(() => undefined);
  }

  /** Waits for the oldest step in flight and takes its result into the state. */
  async #land(): Promise<void> {
    const flight = this.#flights[0];
    const { profiler } = this.#parts;
    const waiting = performance.now();
    const { gradientNorm, finite, lossScale, outputs } = await flight.result;
    profiler?.span('results', waiting, flight.step);
    profiler?.landed(flight.step);
    const landed = performance.now();
    this.#flights.shift();
    const state = this.#state;
    const examples = flight.batches.reduce((sum, batch) => sum + batch.n, 0);
    let loss = 0;
    flight.batches.forEach((batch, i) => (loss += (batch.n / examples) * this.#metrics.add(outputs[i], batch.targets)));
    state.first_loss ??= Number.isFinite(loss) ? loss : null;
    state.step = flight.step;
    state.batch++;
    state.passes += flight.batches.length;
    this.#stepsHere++;
    this.#clock.tick(examples);
    await this.#checkNumbers(flight, loss, gradientNorm, finite);
    this.#note('train_loss', loss);
    if (finite) this.#note('gradient_norm', gradientNorm);
    if (this.#parts.scaled) this.#note('loss_scale', lossScale);
    this.#note('learning_rate', flight.rate);
    profiler?.span('metrics', landed, flight.step);
    if (this.#parts.reporter.due) this.report();
  }

  /** @throws LatheError of kind `diverged` that names the step and, where numbers are none, the layer. */
  async #checkNumbers(flight: Flight, loss: number, gradientNorm: number, finite: boolean): Promise<void> {
    const { learning_rate: rate } = this.#parts.config.training.optimizer;
    const sound = (batch: Batch): boolean => batch.inputs.every(Number.isFinite);
    // A gradient that a scaled loss made too large for halves was left out, and the scale was lowered. No scale helps
    // against a batch that is broken itself.
    if (Number.isFinite(loss) && (finite || (this.#parts.scaled && flight.batches.every(sound)))) {
      checkDivergence(flight.step, loss, finite ? gradientNorm : 0, this.#state.first_loss ?? 1, rate);
      return;
    }
    const { model, step } = this.#parts;
    for (const [i, batch] of flight.batches.entries()) {
      if (i < flight.batches.length - 1 && sound(batch)) continue;
      const place = await nonFinitePlace(model, batch, flight.passes + i, step.storage);
      throw notFinite(flight.step, loss, place, rate);
    }
  }

  async #drain(): Promise<void> {
    while (this.#flights.length > 0) await this.#land();
  }

  /** Takes a value into the state and the curves. */
  #note(metric: string, value: number): void {
    const { latest, best, step } = this.#state;
    latest[metric] = value;
    if (direction(metric) !== null && (!(metric in best) || better(metric, value, best[metric]))) best[metric] = value;
    this.#parts.reporter.point(metric, step, value);
  }

  /** Sends progress now. */
  report(): void {
    const { reporter, length, memory } = this.#parts;
    const { step, epoch, latest, best } = this.#state;
    const speed = this.#clock.speed();
    const { bytes, peak } = memory();
    const busy = this.#busy.take();
    if (speed) {
      reporter.point('samples_per_second', step, speed.samplesPerSecond);
      reporter.point('step_ms', step, speed.stepMs);
      const { tokens, input_shape } = this.#parts.model.io;
      if (tokens) reporter.point('tokens_per_second', step, speed.samplesPerSecond * input_shape[0]);
    }
    if (busy !== null) reporter.point('gpu_busy', step, busy);
    reporter.point('gpu_bytes', step, bytes);
    reporter.point('gpu_bytes_peak', step, peak);
    const remaining = length.total - step;
    const evaluations = Math.ceil(remaining / length.perEpoch);
    reporter.progress(
      {
        type: 'progress',
        epoch,
        step,
        total_steps: length.total,
        samples_per_second: speed?.samplesPerSecond ?? null,
        step_ms: speed?.stepMs ?? null,
        gpu_bytes: bytes,
        eta_seconds: speed ? (remaining * speed.stepMs + evaluations * (this.#evaluationMs ?? 0)) / 1000 : null,
      },
      {
        epoch,
        step,
        seconds: this.seconds,
        samples_per_second: speed?.samplesPerSecond ?? null,
        latest: { ...latest },
        best: { ...best },
      },
    );
  }

  /**
   * Evaluates, updates early stopping and the ranking, and writes a checkpoint where one is due. `partial`: the run ends
   * within an epoch.
   * @returns False when an order to leave came in between: nothing was changed then.
   */
  async #endEpoch(options: { partial?: boolean } = {}): Promise<boolean> {
    const { config, data, monitor, earlyStopping, reporter, length } = this.#parts;
    const state = this.#state;
    this.#clock.pause();
    const started = performance.now();
    const epoch = options.partial ? state.epoch : state.epoch + 1;
    const train = this.#metrics.result();
    const interrupted = (): boolean => this.#leave !== null && this.#leave !== 'stop';
    const validation = await this.averaged(() => this.evaluateSplit('validation', interrupted));
    if (!validation) {
      this.#clock.resume();
      return false;
    }
    const val = validation.metrics;
    for (const [name, value] of Object.entries(prefixed('train', train))) {
      // The loss has a curve of its own, step by step.
      if (name !== 'train_loss') this.#note(name, value);
    }
    for (const [name, value] of Object.entries(prefixed('val', val))) this.#note(name, value);
    if (data.splits.validation.length > 0) {
      const { step } = state;
      reporter.send({ type: 'evaluated', split: 'val', epoch, step, metrics: val, confusion: validation.confusion });
    }

    state.epoch = epoch;
    state.batch = 0;
    this.#metrics.reset();
    const values: Metrics = { ...prefixed('train', train), ...prefixed('val', val) };
    if (!options.partial && earlyStopping && state.early_stopping && earlyStopping.monitor in values) {
      state.early_stopping = watch(earlyStopping, state.early_stopping, epoch, values[earlyStopping.monitor]);
    }
    const id = Checkpointer.newId();
    const value = values[monitor];
    const ranked = value !== undefined;
    if (ranked) {
      const { step, ranking } = state;
      const entry = { checkpoint: id, step, epoch, value, train, val };
      state.ranking = rank(ranking, entry, monitor, config.training.checkpoints.keep_top_k);
    }
    const placed = state.ranking.some((entry) => entry.checkpoint === id);
    const { every_epochs } = config.training.checkpoints;
    const last = state.step >= length.total || state.stopped || options.partial === true;
    if (placed || last || (every_epochs !== null && epoch % every_epochs === 0)) {
      await this.#save(last ? 'end' : 'epoch', ranked ? { metric: monitor, value } : null, id);
    }
    this.#evaluationMs = performance.now() - started;
    this.#clock.resume();
    this.report();
    return true;
  }

  /**
   * Runs `f` while the model stands for the moving average of its weights, where the run keeps one: what is judged is what
   * checkpoints hold. No step may be under way.
   */
  async averaged<T>(f: () => Promise<T>): Promise<T> {
    const { arena } = this.#parts.step;
    arena.useAverage(true);
    try {
      return await f();
    } finally {
      arena.useAverage(false);
    }
  }

  /** Evaluates the model as it is on one split; null when interrupted. */
  async evaluateSplit(
    split: 'validation' | 'test',
    interrupted?: () => boolean,
  ): Promise<{ metrics: Metrics; confusion: ConfusionMatrix | null } | null> {
    const { inference, data, config, makeMetrics, profiler } = this.#parts;
    const metrics = makeMetrics();
    const indices = data.splits[split];
    const started = performance.now();
    // Evaluation keeps no activations: larger batches than in training fit.
    const batchSize = 2 * config.training.batch_size;
    if (!(await evaluate(inference, data, indices, batchSize, metrics, interrupted))) return null;
    profiler?.span('evaluation', started, null);
    return { metrics: metrics.result(), confusion: indices.length > 0 ? metrics.confusion() : null };
  }

  #checkpointDue(): boolean {
    const { every_minutes, every_steps } = this.#parts.config.training.checkpoints;
    const { step } = this.#state;
    if (this.#checkpointAsked.length > 0) return true;
    if (this.#checkpointed === this.#queued) return false;
    if (every_steps !== null && this.#queued > step && this.#queued % every_steps === 0) return true;
    return every_minutes !== null && performance.now() - this.#lastCheckpoint >= every_minutes * 60_000;
  }

  /** Writes a checkpoint in the middle of an epoch where one is due or asked for; the queue is empty then. */
  async #answerCheckpoints(): Promise<void> {
    if (this.#flights.length > 0) return;
    const asked = this.#checkpointAsked.splice(0);
    const { every_minutes, every_steps } = this.#parts.config.training.checkpoints;
    const { step } = this.#state;
    const bySteps = every_steps !== null && step > 0 && step % every_steps === 0;
    const byTime = every_minutes !== null && performance.now() - this.#lastCheckpoint >= every_minutes * 60_000;
    if (this.#checkpointed !== step && (asked.length > 0 || bySteps || byTime)) {
      await this.#save(asked.length > 0 ? 'leave' : bySteps ? 'steps' : 'minutes');
    }
    if (asked.length === 0) return;
    try {
      await this.#parts.checkpointer.settle();
    } finally {
      for (const resolve of asked) resolve();
    }
  }

  async #pause(): Promise<LoopEnd> {
    if (this.#checkpointed !== this.#state.step) await this.#save('pause');
    await this.#parts.checkpointer.settle();
    return { kind: 'paused' };
  }

  async #save(
    reason: CheckpointReason,
    monitor: { metric: string; value: number } | null = null,
    id = Checkpointer.newId(),
  ): Promise<void> {
    const { checkpointer, config, profiler } = this.#parts;
    this.#state.epoch_metrics = this.#metrics.save();
    const started = performance.now();
    try {
      await checkpointer.save(id, this.#state, reason, monitor);
      profiler?.span('checkpoint', started, null);
    } catch (error) {
      if (!(error instanceof NotFinite)) throw error;
      throw weightsDiverged(this.#state.step, config.training.optimizer.learning_rate);
    }
    this.#checkpointed = this.#state.step;
    this.#lastCheckpoint = performance.now();
  }
}
