/**
 * Profiles a run while it trains: watches a few ordinary steps, then times every kernel of the next few, which train the
 * model like any other, and makes a report of both. A profile that fails is told and left; the run goes on.
 */
import { LatheError } from '../base/errors';
import type { Batch } from '../data/contract';
import type { Backend } from '../engine/backend';
import { measureCeilings } from '../engine/profiler/ceilings';
import { chromeTrace, type Span, type TracedStep } from '../engine/profiler/chrome-trace';
import { ReplayTimer } from '../engine/profiler/replay-timer';
import { makeReport, type PlainStep } from '../engine/profiler/report';
import type { Ceilings, ProfileReport } from '../store/profile';
import type { ProfileWindow } from './profile-window';
import type { StepResult, TrainStep } from './train-step';

/** What the trainer's thread does, as the trace shows it. */
export type Activity = 'input' | 'queue' | 'results' | 'metrics' | 'evaluation' | 'checkpoint' | 'timed step';

/** What a profiler works with. */
export interface ProfilerParts {
  backend: Backend;
  step: TrainStep;
  window: ProfileWindow;
  /** Keeps what was found. */
  store: (report: ProfileReport, trace: Blob) => Promise<void>;
  log: (level: 'info' | 'warning', message: string) => void;
}

/** Activities that are no part of a step. */
const PAUSES: readonly string[] = ['evaluation', 'checkpoint'] satisfies Activity[];

/** Profiles one sitting of a run. The loop asks it to run steps, and tells it what else it does. */
export class RunProfiler {
  readonly #parts: ProfilerParts;
  readonly #timer: ReplayTimer | null;
  #ceilings: Ceilings | null = null;
  #state: 'watching' | 'timing' | 'done' = 'watching';
  /** When each step's results were there, by step, on the clock of `performance.now()`. */
  readonly #landed = new Map<number, number>();
  readonly #spans: Span[] = [];
  readonly #timed: TracedStep[] = [];
  /** Sizes of the batches of the timed steps: a short one at the end of an epoch is another computation. */
  #sizes: string | null = null;

  constructor(parts: ProfilerParts) {
    this.#parts = parts;
    const { webgpu } = parts.backend;
    this.#timer = webgpu && new ReplayTimer(webgpu);
  }

  /** Whether nothing may be in flight behind step `queued`: the next one, or it itself, is timed. */
  isolates(queued: number): boolean {
    const { first, last } = this.#parts.window;
    return this.#state !== 'done' && queued >= first - 1 && queued <= last;
  }

  /** Measures the adapter before the first timed step, and reports after the last; nothing is in flight. */
  async between(queued: number): Promise<void> {
    const { window, log } = this.#parts;
    try {
      if (this.#state === 'watching') {
        this.#state = 'timing';
        await this.#measureCeilings();
      }
      if (this.#state === 'timing' && queued >= window.last) {
        this.#state = 'done';
        await this.#report();
        this.dispose();
      }
    } catch (error) {
      this.#state = 'done';
      this.dispose();
      log('warning', `The run goes on without its profile, which failed: ${LatheError.from(error).message}`);
    }
  }

  /** Runs a step as `TrainStep.run` does, to the same bits; a timed one resolves when the device is through. */
  run(batches: Batch[], step: number, passes: number, learningRate: number): Promise<StepResult> {
    const started = performance.now();
    if (this.#times(batches, step)) {
      return this.#runTimed(batches, step, passes, learningRate).finally(() => this.span('timed step', started, step));
    }
    const result = this.#parts.step.run(batches, step, passes, learningRate);
    this.span('queue', started, step);
    return result;
  }

  /** The loop did something from `started` (of `performance.now()`) until now. */
  span(activity: Activity, started: number, step: number | null): void {
    if (!this.#watches(step)) return;
    this.#spans.push({ name: activity, step, start_ms: started, ms: performance.now() - started });
  }

  /** The results of a step are there. */
  landed(step: number): void {
    // The end of one step is the beginning of the next.
    if (this.#watches(step + 1)) this.#landed.set(step, performance.now());
  }

  /** Frees the timer's memory. */
  dispose(): void {
    this.#timer?.dispose();
  }

  #watches(step: number | null): boolean {
    return this.#state !== 'done' && (step === null || step >= this.#parts.window.observed);
  }

  #times(batches: Batch[], step: number): boolean {
    const { window, step: steps } = this.#parts;
    if (this.#state !== 'timing' || step < window.first || !this.#timer || !steps.canTime(batches)) return false;
    const sizes = batches.map(({ n }) => n).join(' ');
    this.#sizes ??= sizes;
    return sizes === this.#sizes;
  }

  async #runTimed(batches: Batch[], step: number, passes: number, learningRate: number): Promise<StepResult> {
    if (!this.#timer) throw new LatheError('internal', 'Kernels are timed on WebGPU only.');
    const submitted_ms = performance.now();
    const { result, dispatches } = await this.#parts.step.runTimed(batches, step, passes, learningRate, this.#timer);
    this.#timed.push({ step, submitted_ms, dispatches });
    return result;
  }

  async #measureCeilings(): Promise<void> {
    const { webgpu } = this.#parts.backend;
    if (webgpu && this.#timer) this.#ceilings = await measureCeilings(webgpu, this.#timer);
  }

  async #report(): Promise<void> {
    const { backend, window, store, log } = this.#parts;
    const timed = this.#timed;
    const report = makeReport({
      adapter: backend.info.adapter,
      method: this.#timer && timed.length > 0 ? this.#timer.method : 'none',
      first_step: timed[0]?.step ?? window.first,
      steps: timed.length,
      plain: this.#plainSteps(),
      timed: timed.map(({ dispatches }) => dispatches),
      ceilings: timed.length > 0 ? this.#ceilings : null,
    });
    const { adapter, sentence, method_note } = report;
    const trace = chromeTrace(this.#spans, timed, { adapter, finding: sentence, method: method_note });
    await store(report, new Blob([JSON.stringify(trace)], { type: 'application/json' }));
    log('info', `Profile: ${sentence}`);
  }

  /** The ordinary steps before the timed ones, evaluation and checkpoints left out. */
  #plainSteps(): PlainStep[] {
    const { observed, first } = this.#parts.window;
    const steps: PlainStep[] = [];
    for (let step = observed; step < first; step++) {
      const [start, end] = [this.#landed.get(step - 1), this.#landed.get(step)];
      if (start === undefined || end === undefined) continue;
      const total = (spans: Span[]): number => spans.reduce((sum, { ms }) => sum + ms, 0);
      const between = this.#spans.filter(({ start_ms }) => start_ms >= start && start_ms < end);
      const of = (activity: Activity): number =>
        total(this.#spans.filter((span) => span.name === activity && span.step === step));
      steps.push({
        wall_ms: Math.max(0, end - start - total(between.filter(({ name }) => PAUSES.includes(name)))),
        input_ms: of('input'),
        queue_ms: of('queue'),
      });
    }
    return steps;
  }
}
