/**
 * The training loop: steps, epochs, evaluations and checkpoints of one run, from a state to the next. It knows no worker,
 * no device and no row; `trainer.ts` sets it up and records how it ended.
 *
 * Steps are queued ahead of the device, at most `IN_FLIGHT` of them; the state only ever speaks of steps whose results
 * came back. Nothing here that is saved depends on the clock.
 */
import type { ResolvedConfig } from '../config/schema';
import type { PreparedData } from '../data/contract';
import type { CheckpointReason, ConfusionMatrix, Metrics } from '../store/schema';
import { BusyClock } from './busy-clock';
import { CheckpointPlan } from './checkpoint-plan';
import { NotFinite, type Checkpointer } from './checkpointer';
import type { SharedCheckpoint } from './collective';
import { checkDivergence, notFinite, weightsDiverged } from './divergence';
import { stopReason, watch, type EarlyStoppingSettings } from './early-stopping';
import type { Judge } from './judge';
import type { KernelTuning } from './kernel-tuning';
import type { MediaRecorder } from './media/recorder';
import type { MetricAccumulator } from './metrics/accumulator';
import { better, direction, prefixed } from './metrics/names';
import type { ResourceMonitor } from './monitor/resource-monitor';
import type { WorkClock } from './monitor/work-clock';
import type { RunProfiler } from './profiler';
import type { LeaveOrder } from './protocol';
import { rank } from './ranking';
import type { Reporter } from './reporter';
import type { RunLength, Schedule } from './schedules/schedule';
import type { TrainingState } from './state';
import { StepClock } from './step-clock';
import { Outrun, type EvaluationOptions, type UpdateOutcome, type Updates, type UpdateUnderWay } from './updates';
import { yieldToMessages } from './yield';

/** Steps whose results may be outstanding: enough to keep the device busy, few enough to stop soon. */
const IN_FLIGHT = 2;

/**
 * Steps from the one where the clock of one of a group says that a checkpoint is due to the one that has it: all of them
 * have heard of it before they begin that one.
 */
const NOTICE = IN_FLIGHT + 2;

/** What a loop works with. */
export interface LoopParts {
  config: ResolvedConfig;
  data: PreparedData;
  updates: Updates;
  /** Tokens of an example, where it is text. */
  tokens: number | null;
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
  /** Where something is recorded beside the curves. */
  media: MediaRecorder | null;
  /** Where the run is a trial of a study. */
  judge: Judge | null;
  /** Where the run's use of the machine is watched. */
  resources: ResourceMonitor | null;
  /** Told when this thread works on steps, and when it waits for them. */
  work: WorkClock;
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

/** One sitting of a run. */
export class TrainingLoop {
  readonly #parts: LoopParts;
  readonly #state: TrainingState;
  readonly #metrics: MetricAccumulator;
  readonly #clock = new StepClock();
  readonly #busy = new BusyClock();
  readonly #startedAt = performance.now();
  #flights: UpdateUnderWay[] = [];
  /** Steps queued, those in flight included. */
  #queued: number;
  readonly #plan: CheckpointPlan;
  #evaluationMs: number | null = null;
  /** Last epoch that was reported in this sitting. */
  #reported = 0;
  /** Of the validation at the end of the epoch that ended last. */
  #confusion: ConfusionMatrix | null = null;
  #leave: LeaveOrder | null = null;
  #checkpointAsked: (() => void)[] = [];
  #stepsHere = 0;

  /** @param resumed Whether `state` is kept already: no checkpoint of it is written. */
  constructor(parts: LoopParts, state: TrainingState, resumed: boolean) {
    this.#parts = parts;
    this.#state = state;
    this.#plan = new CheckpointPlan(
      parts.config.training,
      parts.length.perEpoch,
      parts.updates,
      resumed ? state.step : -1,
    );
    this.#queued = state.step;
    this.#metrics = parts.makeMetrics();
    if (state.epoch_metrics.length > 0) this.#metrics.restore(state.epoch_metrics);
  }

  /** The state of the last step whose result came back. */
  get state(): TrainingState {
    return this.#state;
  }

  /** Last and best values for the run's row, with the peaks of what it takes of the machine. */
  get summary(): { latest: Metrics; best: Metrics } {
    const { latest, best } = this.#state;
    // No part of the state: what is saved for going on depends on no clock.
    const peaks = this.#parts.resources?.peaks ?? {};
    return { latest: { ...latest, ...peaks }, best: { ...best, ...peaks } };
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
      await Promise.allSettled(this.#flights.map((flight) => flight.done));
      for (const resolve of this.#checkpointAsked.splice(0)) resolve();
    }
  }

  async #run(): Promise<LoopEnd> {
    const { length, earlyStopping, checkpointer, reporter, profiler, tuning, work } = this.#parts;
    const state = this.#state;
    if (this.#plan.last < 0) await this.#save('start');
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
      if (atEpochEnd || over || this.#leave || state.stopped || this.#wantsCheckpoint) await this.#drain();
      if (this.#leave === 'cancel') return { kind: 'cancelled' };
      if (this.#leave === 'prune') return { kind: 'pruned', reason: 'It was ended by hand.' };
      if (this.#leave === 'pause') return this.#pause();
      if (this.#leave === 'stop') this.#stop();

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
        await this.#record(false, true);
        if (this.#plan.last !== state.step) await this.#save('end');
        await checkpointer.settle();
        if (state.stopped) return { kind: 'stopped' };
        return { kind: 'complete', reason: early };
      }
      await this.#answerCheckpoints();
      work.begin();
      await this.#queueStep();
      if (this.#flights.length > IN_FLIGHT) await this.#land();
      reporter.check();
      await yieldToMessages();
      work.end();
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

  /** Asks for the end of the run; where others train it too, it comes when all have heard. */
  #stop(): void {
    this.#leave = null;
    if (!this.#parts.updates.stopAll()) this.#state.stopped = true;
  }

  /** Begins the next update. */
  async #queueStep(): Promise<void> {
    const { updates, schedule, config } = this.#parts;
    const rate = config.training.optimizer.learning_rate * schedule(this.#queued);
    const passes = this.#state.passes + this.#flights.reduce((sum, flight) => sum + flight.passes, 0);
    const flight = await updates.begin(this.#queued, passes, rate, {
      kept: this.#plan.stepsUntilDue(this.#queued + 1),
      overdue: () => this.#plan.overdue,
    });
    this.#busy.track(flight.done);
    this.#flights.push(flight);
    this.#queued++;
  }

  /** Waits for the oldest update under way and takes its result into the state. */
  async #land(): Promise<void> {
    const flight = this.#flights[0];
    this.#parts.work.waitsFor(flight.done);
    const outcome = await flight.land(this.#metrics);
    this.#flights.shift();
    const state = this.#state;
    const { loss, gradientNorm, finite } = outcome;
    state.first_loss ??= Number.isFinite(loss) ? loss : null;
    state.step = flight.step;
    state.batch++;
    state.passes += flight.passes;
    this.#stepsHere++;
    this.#clock.tick(outcome.examples);
    await this.#checkNumbers(flight, outcome);
    this.#note('train_loss', loss);
    if (finite) this.#note('gradient_norm', gradientNorm);
    if (this.#parts.scaled) this.#note('loss_scale', outcome.lossScale);
    this.#note('learning_rate', flight.rate);
    if (outcome.stop) state.stopped = true;
    if (outcome.overdue) this.#plan.agree(state.step + NOTICE);
    this.#settled();
    if (this.#parts.reporter.due) this.report();
  }

  /** @throws LatheError of kind `diverged` that names the step and, where numbers are none, the layer. */
  async #checkNumbers(flight: UpdateUnderWay, { loss, gradientNorm, finite }: UpdateOutcome): Promise<void> {
    const { step } = flight;
    const { learning_rate: rate } = this.#parts.config.training.optimizer;
    // A gradient that a scaled loss made too large for halves was left out, and the scale was lowered.
    if (Number.isFinite(loss) && (finite || (this.#parts.scaled && flight.sound()))) {
      checkDivergence(step, loss, finite ? gradientNorm : 0, this.#state.first_loss ?? 1, rate);
      return;
    }
    throw notFinite(step, loss, await flight.blame(), rate);
  }

  async #drain(): Promise<void> {
    while (this.#flights.length > 0) await this.#land();
  }

  /** Whoever joins the run takes the state up from here. */
  #settled(): void {
    this.#parts.updates.settled(() => ({ ...this.#state, epoch_metrics: this.#metrics.save() }));
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
    const { reporter, length, memory, resources } = this.#parts;
    const { step, epoch } = this.#state;
    const speed = this.#clock.speed();
    const { bytes, peak } = memory();
    const busy = this.#busy.take();
    if (speed) {
      reporter.point('samples_per_second', step, speed.samplesPerSecond);
      reporter.point('step_ms', step, speed.stepMs);
      const { tokens } = this.#parts;
      if (tokens !== null) reporter.point('tokens_per_second', step, speed.samplesPerSecond * tokens);
    }
    if (busy !== null) reporter.point('gpu_busy', step, busy);
    reporter.point('gpu_bytes', step, bytes);
    reporter.point('gpu_bytes_peak', step, peak);
    for (const [metric, value] of Object.entries(resources?.take() ?? {})) reporter.point(metric, step, value);
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
        ...this.summary,
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
    const validation = await this.averaged(() => this.evaluateSplit('validation', { interrupted }));
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
    const id = this.#parts.checkpointer.idOf(state.step);
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
    this.#confusion = validation.confusion;
    await this.#record(options.partial !== true, last || stopReason(earlyStopping, state.early_stopping) !== null);
    if (placed || last || (every_epochs !== null && epoch % every_epochs === 0)) {
      await this.#save(last ? 'end' : 'epoch', ranked ? { metric: monitor, value } : null, id);
    }
    this.#settled();
    this.#evaluationMs = performance.now() - started;
    this.#clock.resume();
    this.report();
    return true;
  }

  /** Records what the run shows beside its curves, where that is due; no update is under way. */
  async #record(whole: boolean, ending: boolean): Promise<void> {
    const { media } = this.#parts;
    const { step, epoch } = this.#state;
    if (!media?.due({ step, epoch, whole, ending })) return;
    const cancelled = (): boolean => this.#leave === 'cancel' || this.#leave === 'prune';
    const updated = this.#stepsHere > 0;
    await this.averaged(() =>
      media.record({ step, epoch, whole, ending, confusion: this.#confusion, updated, cancelled }),
    );
  }

  /** Runs `f` while the model stands for the moving average of its weights: what is judged is what checkpoints hold. */
  averaged<T>(f: () => Promise<T>): Promise<T> {
    return this.#parts.updates.averaged(f);
  }

  /** The checkpoint of a step from others who train the run; null where nobody has it. @throws LatheError */
  shared(step: number): Promise<SharedCheckpoint | null> {
    return this.#parts.updates.checkpoint(step);
  }

  /** Nothing but a last evaluation follows. Whether others send the examples for it. */
  hurry(): boolean {
    const { data } = this.#parts;
    data.hurry?.();
    return data.hurry !== undefined;
  }

  /** The run has ended, and what it is judged by is here: others need not wait. */
  satisfied(): void {
    this.#parts.updates.satisfied();
  }

  /** Evaluates the model as it is on one split; null when interrupted. */
  async evaluateSplit(
    split: 'validation' | 'test',
    options: EvaluationOptions = {},
  ): Promise<{ metrics: Metrics; confusion: ConfusionMatrix | null } | null> {
    const { updates, data, makeMetrics } = this.#parts;
    const metrics = makeMetrics();
    if (!(await updates.evaluate(split, metrics, options))) return null;
    return { metrics: metrics.result(), confusion: data.splits[split].length > 0 ? metrics.confusion() : null };
  }

  get #wantsCheckpoint(): boolean {
    return this.#checkpointAsked.length > 0 || this.#plan.due(this.#queued);
  }

  /** Writes a checkpoint in the middle of an epoch where one is due or asked for; the queue is empty then. */
  async #answerCheckpoints(): Promise<void> {
    if (this.#flights.length > 0) return;
    const asked = this.#checkpointAsked.splice(0);
    const { step } = this.#state;
    const wanted = asked.length > 0 ? this.#plan.lastWhole !== step : this.#plan.due(step);
    if (wanted) await this.#save(asked.length > 0 ? 'leave' : this.#plan.reasonAfter(step));
    if (asked.length === 0) return;
    try {
      await this.#parts.checkpointer.settle();
    } finally {
      for (const resolve of asked) resolve();
    }
  }

  async #pause(): Promise<LoopEnd> {
    if (this.#plan.lastWhole !== this.#state.step) await this.#save('pause');
    await this.#parts.checkpointer.settle();
    return { kind: 'paused' };
  }

  async #save(
    reason: CheckpointReason,
    monitor: { metric: string; value: number } | null = null,
    id = this.#parts.checkpointer.idOf(this.#state.step),
  ): Promise<void> {
    const { checkpointer, config, profiler, reporter } = this.#parts;
    const { step } = this.#state;
    this.#plan.begin(reason, step);
    if (!this.#plan.writes(reason)) return this.#plan.skipped(step);
    const place = this.#plan.placeFor(reason);
    this.#state.epoch_metrics = this.#metrics.save();
    const started = performance.now();
    try {
      await checkpointer.save(id, this.#state, reason, monitor, place);
      profiler?.span('checkpoint', started, null);
    } catch (error) {
      if (error instanceof Outrun) {
        reporter.log('warning', `There is no checkpoint of step ${step}: the other peers were further already.`);
        return this.#plan.skipped(step);
      }
      if (!(error instanceof NotFinite)) throw error;
      throw weightsDiverged(step, config.training.optimizer.learning_rate);
    }
    this.#plan.written(step, place);
  }
}
